// Original file: proto/dispatcher.proto

import type { ExecutionState as _millrace_v1_ExecutionState, ExecutionState__Output as _millrace_v1_ExecutionState__Output } from '../../millrace/v1/ExecutionState.ts';
import type { TaskMetrics as _millrace_v1_TaskMetrics, TaskMetrics__Output as _millrace_v1_TaskMetrics__Output } from '../../millrace/v1/TaskMetrics.ts';

export interface SubtaskDetails {
  'subtaskIndex'?: (number);
  'attemptId'?: (string);
  'attemptNumber'?: (number);
  'state'?: (_millrace_v1_ExecutionState);
  /**
   * Unset until it was deployed.
   */
  'taskManagerId'?: (string);
  'metrics'?: (_millrace_v1_TaskMetrics | null);
  '_taskManagerId'?: "taskManagerId";
}

export interface SubtaskDetails__Output {
  'subtaskIndex': (number);
  'attemptId': (string);
  'attemptNumber': (number);
  'state': (_millrace_v1_ExecutionState__Output);
  /**
   * Unset until it was deployed.
   */
  'taskManagerId'?: (string);
  'metrics': (_millrace_v1_TaskMetrics__Output | null);
  '_taskManagerId'?: "taskManagerId";
}
