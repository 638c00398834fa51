// Original file: proto/job-master.proto

import type { ExecutionState as _millrace_v1_ExecutionState, ExecutionState__Output as _millrace_v1_ExecutionState__Output } from '../../millrace/v1/ExecutionState.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { ChannelCount as _millrace_v1_ChannelCount, ChannelCount__Output as _millrace_v1_ChannelCount__Output } from '../../millrace/v1/ChannelCount.ts';

/**
 * What a TaskExecutor says of an attempt.
 */
export interface TaskExecutionState {
  'jobId'?: (string);
  'attemptId'?: (string);
  /**
   * INITIALIZING, RUNNING, FINISHED, CANCELED or FAILED.
   */
  'state'?: (_millrace_v1_ExecutionState);
  /**
   * Set iff FAILED.
   */
  'failure'?: (_millrace_v1_ErrorInfo | null);
  /**
   * Records per channel, set iff FINISHED: both ends of every edge are compared.
   */
  'channelCounts'?: (_millrace_v1_ChannelCount)[];
  /**
   * The lease of the task's slot is over, or no more tasks are taken there: the next attempt needs
   * another slot.
   */
  'slotEnded'?: (boolean);
}

/**
 * What a TaskExecutor says of an attempt.
 */
export interface TaskExecutionState__Output {
  'jobId': (string);
  'attemptId': (string);
  /**
   * INITIALIZING, RUNNING, FINISHED, CANCELED or FAILED.
   */
  'state': (_millrace_v1_ExecutionState__Output);
  /**
   * Set iff FAILED.
   */
  'failure': (_millrace_v1_ErrorInfo__Output | null);
  /**
   * Records per channel, set iff FINISHED: both ends of every edge are compared.
   */
  'channelCounts': (_millrace_v1_ChannelCount__Output)[];
  /**
   * The lease of the task's slot is over, or no more tasks are taken there: the next attempt needs
   * another slot.
   */
  'slotEnded': (boolean);
}
