// Original file: proto/types.proto

import type { StateBackend as _millrace_v1_StateBackend, StateBackend__Output as _millrace_v1_StateBackend__Output } from '../../millrace/v1/StateBackend.ts';
import type { JobCheckpointing as _millrace_v1_JobCheckpointing, JobCheckpointing__Output as _millrace_v1_JobCheckpointing__Output } from '../../millrace/v1/JobCheckpointing.ts';
import type { LevelDbOptions as _millrace_v1_LevelDbOptions, LevelDbOptions__Output as _millrace_v1_LevelDbOptions__Output } from '../../millrace/v1/LevelDbOptions.ts';

/**
 * How the tasks of a job keep their state, and where they save it.
 */
export interface JobStateOptions {
  'backend'?: (_millrace_v1_StateBackend);
  /**
   * Unset: no checkpoints are taken.
   */
  'checkpointing'?: (_millrace_v1_JobCheckpointing | null);
  'leveldb'?: (_millrace_v1_LevelDbOptions | null);
}

/**
 * How the tasks of a job keep their state, and where they save it.
 */
export interface JobStateOptions__Output {
  'backend': (_millrace_v1_StateBackend__Output);
  /**
   * Unset: no checkpoints are taken.
   */
  'checkpointing': (_millrace_v1_JobCheckpointing__Output | null);
  'leveldb': (_millrace_v1_LevelDbOptions__Output | null);
}
