// Original file: proto/checkpoint.proto

import type { Long } from '@grpc/proto-loader';

/**
 * JobManager → tasks: take part in this checkpoint.
 */
export interface TriggerCheckpoint {
  'attemptIds'?: (string)[];
  'checkpointId'?: (number | string | Long);
  /**
   * Wall clock of the JobManager, milliseconds since 1970.
   */
  'timestampMs'?: (number | string);
}

/**
 * JobManager → tasks: take part in this checkpoint.
 */
export interface TriggerCheckpoint__Output {
  'attemptIds': (string)[];
  'checkpointId': (number);
  /**
   * Wall clock of the JobManager, milliseconds since 1970.
   */
  'timestampMs': (number);
}
