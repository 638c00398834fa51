// Original file: proto/checkpoint.proto

import type { CheckpointPurpose as _millrace_v1_CheckpointPurpose, CheckpointPurpose__Output as _millrace_v1_CheckpointPurpose__Output } from '../../millrace/v1/CheckpointPurpose.ts';
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
  'purpose'?: (_millrace_v1_CheckpointPurpose);
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
  'purpose': (_millrace_v1_CheckpointPurpose__Output);
}
