// Original file: proto/checkpoint.proto

import type { CheckpointPhase as _millrace_v1_CheckpointPhase, CheckpointPhase__Output as _millrace_v1_CheckpointPhase__Output } from '../../millrace/v1/CheckpointPhase.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Task → JobManager: a phase of the checkpoint began.
 */
export interface CheckpointPhaseReport {
  'jobId'?: (string);
  'attemptId'?: (string);
  'checkpointId'?: (number | string | Long);
  'phase'?: (_millrace_v1_CheckpointPhase);
}

/**
 * Task → JobManager: a phase of the checkpoint began.
 */
export interface CheckpointPhaseReport__Output {
  'jobId': (string);
  'attemptId': (string);
  'checkpointId': (number);
  'phase': (_millrace_v1_CheckpointPhase__Output);
}
