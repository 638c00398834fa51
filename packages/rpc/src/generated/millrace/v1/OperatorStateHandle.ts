// Original file: proto/checkpoint.proto

import type { OperatorStateName as _millrace_v1_OperatorStateName, OperatorStateName__Output as _millrace_v1_OperatorStateName__Output } from '../../millrace/v1/OperatorStateName.ts';
import type { StateBlob as _millrace_v1_StateBlob, StateBlob__Output as _millrace_v1_StateBlob__Output } from '../../millrace/v1/StateBlob.ts';

/**
 * All operator state of one subtask of one operator.
 */
export interface OperatorStateHandle {
  'states'?: (_millrace_v1_OperatorStateName)[];
  /**
   * For each state in that order, the array of its items, in the generic encoding.
   */
  'blob'?: (_millrace_v1_StateBlob | null);
}

/**
 * All operator state of one subtask of one operator.
 */
export interface OperatorStateHandle__Output {
  'states': (_millrace_v1_OperatorStateName__Output)[];
  /**
   * For each state in that order, the array of its items, in the generic encoding.
   */
  'blob': (_millrace_v1_StateBlob__Output | null);
}
