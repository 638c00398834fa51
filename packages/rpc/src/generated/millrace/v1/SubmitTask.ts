// Original file: proto/task-executor.proto

import type { InputGateDeployment as _millrace_v1_InputGateDeployment, InputGateDeployment__Output as _millrace_v1_InputGateDeployment__Output } from '../../millrace/v1/InputGateDeployment.ts';
import type { ResultPartitionDeployment as _millrace_v1_ResultPartitionDeployment, ResultPartitionDeployment__Output as _millrace_v1_ResultPartitionDeployment__Output } from '../../millrace/v1/ResultPartitionDeployment.ts';
import type { TaskRestore as _millrace_v1_TaskRestore, TaskRestore__Output as _millrace_v1_TaskRestore__Output } from '../../millrace/v1/TaskRestore.ts';

/**
 * One attempt of one subtask, with the channels it reads and writes.
 */
export interface SubmitTask {
  'jobId'?: (string);
  'vertexId'?: (string);
  'subtaskIndex'?: (number);
  'parallelism'?: (number);
  'attemptId'?: (string);
  'attemptNumber'?: (number);
  'allocationId'?: (string);
  /**
   * One per edge of the graph that ends here.
   */
  'inputs'?: (_millrace_v1_InputGateDeployment)[];
  /**
   * One per edge of the graph that starts here.
   */
  'outputs'?: (_millrace_v1_ResultPartitionDeployment)[];
  /**
   * What it begins with; unset: with nothing.
   */
  'restore'?: (_millrace_v1_TaskRestore | null);
}

/**
 * One attempt of one subtask, with the channels it reads and writes.
 */
export interface SubmitTask__Output {
  'jobId': (string);
  'vertexId': (string);
  'subtaskIndex': (number);
  'parallelism': (number);
  'attemptId': (string);
  'attemptNumber': (number);
  'allocationId': (string);
  /**
   * One per edge of the graph that ends here.
   */
  'inputs': (_millrace_v1_InputGateDeployment__Output)[];
  /**
   * One per edge of the graph that starts here.
   */
  'outputs': (_millrace_v1_ResultPartitionDeployment__Output)[];
  /**
   * What it begins with; unset: with nothing.
   */
  'restore': (_millrace_v1_TaskRestore__Output | null);
}
