// Original file: proto/dispatcher.proto

import type { PlannedState as _millrace_v1_PlannedState, PlannedState__Output as _millrace_v1_PlannedState__Output } from '../../millrace/v1/PlannedState.ts';
import type { Long } from '@grpc/proto-loader';

export interface RestorePlan {
  /**
   * Where the savepoint lies.
   */
  'location'?: (string);
  'jobId'?: (string);
  'jobName'?: (string);
  'checkpointId'?: (number | string | Long);
  /**
   * Milliseconds since 1970.
   */
  'completedAtMs'?: (number | string);
  'states'?: (_millrace_v1_PlannedState)[];
  /**
   * What is wrong beside them.
   */
  'problems'?: (string)[];
}

export interface RestorePlan__Output {
  /**
   * Where the savepoint lies.
   */
  'location': (string);
  'jobId': (string);
  'jobName': (string);
  'checkpointId': (number);
  /**
   * Milliseconds since 1970.
   */
  'completedAtMs': (number);
  'states': (_millrace_v1_PlannedState__Output)[];
  /**
   * What is wrong beside them.
   */
  'problems': (string)[];
}
