// Original file: proto/dispatcher.proto

import type { TaskProgress as _millrace_v1_TaskProgress, TaskProgress__Output as _millrace_v1_TaskProgress__Output } from '../../millrace/v1/TaskProgress.ts';
import type { Long } from '@grpc/proto-loader';

export interface PendingCheckpointDetails {
  'checkpointId'?: (number | string | Long);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs'?: (number | string);
  'acknowledgedCount'?: (number);
  'taskCount'?: (number);
  /**
   * Tasks that have not acknowledged yet, and how far they are.
   */
  'waitingFor'?: (_millrace_v1_TaskProgress)[];
}

export interface PendingCheckpointDetails__Output {
  'checkpointId': (number);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs': (number);
  'acknowledgedCount': (number);
  'taskCount': (number);
  /**
   * Tasks that have not acknowledged yet, and how far they are.
   */
  'waitingFor': (_millrace_v1_TaskProgress__Output)[];
}
