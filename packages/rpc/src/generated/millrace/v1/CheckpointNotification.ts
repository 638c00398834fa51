// Original file: proto/checkpoint.proto

import type { Long } from '@grpc/proto-loader';

/**
 * JobManager → tasks: the checkpoint is durable, or was given up.
 */
export interface CheckpointNotification {
  'attemptIds'?: (string)[];
  'checkpointId'?: (number | string | Long);
}

/**
 * JobManager → tasks: the checkpoint is durable, or was given up.
 */
export interface CheckpointNotification__Output {
  'attemptIds': (string)[];
  'checkpointId': (number);
}
