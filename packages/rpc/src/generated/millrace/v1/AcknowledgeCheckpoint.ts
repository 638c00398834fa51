// Original file: proto/checkpoint.proto

import type { TaskStateSnapshot as _millrace_v1_TaskStateSnapshot, TaskStateSnapshot__Output as _millrace_v1_TaskStateSnapshot__Output } from '../../millrace/v1/TaskStateSnapshot.ts';
import type { CheckpointMetrics as _millrace_v1_CheckpointMetrics, CheckpointMetrics__Output as _millrace_v1_CheckpointMetrics__Output } from '../../millrace/v1/CheckpointMetrics.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Task → JobManager: its part of the checkpoint is durable.
 */
export interface AcknowledgeCheckpoint {
  'jobId'?: (string);
  'attemptId'?: (string);
  'checkpointId'?: (number | string | Long);
  'snapshot'?: (_millrace_v1_TaskStateSnapshot | null);
  'metrics'?: (_millrace_v1_CheckpointMetrics | null);
}

/**
 * Task → JobManager: its part of the checkpoint is durable.
 */
export interface AcknowledgeCheckpoint__Output {
  'jobId': (string);
  'attemptId': (string);
  'checkpointId': (number);
  'snapshot': (_millrace_v1_TaskStateSnapshot__Output | null);
  'metrics': (_millrace_v1_CheckpointMetrics__Output | null);
}
