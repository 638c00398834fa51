// Original file: proto/dispatcher.proto

import type { SavepointDetails as _millrace_v1_SavepointDetails, SavepointDetails__Output as _millrace_v1_SavepointDetails__Output } from '../../millrace/v1/SavepointDetails.ts';

export interface RequestSavepointsResponse {
  'savepoints'?: (_millrace_v1_SavepointDetails)[];
}

export interface RequestSavepointsResponse__Output {
  'savepoints': (_millrace_v1_SavepointDetails__Output)[];
}
