// Original file: proto/dispatcher.proto

import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { Long } from '@grpc/proto-loader';

export interface FailedCheckpointDetails {
  'checkpointId'?: (number | string | Long);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs'?: (number | string);
  'failedAtMs'?: (number | string);
  'failure'?: (_millrace_v1_ErrorInfo | null);
}

export interface FailedCheckpointDetails__Output {
  'checkpointId': (number);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs': (number);
  'failedAtMs': (number);
  'failure': (_millrace_v1_ErrorInfo__Output | null);
}
