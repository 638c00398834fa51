// Original file: proto/checkpoint.proto

import type { KeyedStateHandle as _millrace_v1_KeyedStateHandle, KeyedStateHandle__Output as _millrace_v1_KeyedStateHandle__Output } from '../../millrace/v1/KeyedStateHandle.ts';
import type { OperatorStateOfSubtask as _millrace_v1_OperatorStateOfSubtask, OperatorStateOfSubtask__Output as _millrace_v1_OperatorStateOfSubtask__Output } from '../../millrace/v1/OperatorStateOfSubtask.ts';
import type { RenamedState as _millrace_v1_RenamedState, RenamedState__Output as _millrace_v1_RenamedState__Output } from '../../millrace/v1/RenamedState.ts';

export interface OperatorRestore {
  'operatorId'?: (string);
  /**
   * Of the earlier subtasks whose key groups meet this one's.
   */
  'keyed'?: (_millrace_v1_KeyedStateHandle)[];
  /**
   * Of the earlier subtasks by their index.
   */
  'operator'?: (_millrace_v1_OperatorStateOfSubtask)[];
  /**
   * Keyed states that are not restored, and those that have another name by now.
   */
  'droppedStates'?: (string)[];
  'renamedStates'?: (_millrace_v1_RenamedState)[];
}

export interface OperatorRestore__Output {
  'operatorId': (string);
  /**
   * Of the earlier subtasks whose key groups meet this one's.
   */
  'keyed': (_millrace_v1_KeyedStateHandle__Output)[];
  /**
   * Of the earlier subtasks by their index.
   */
  'operator': (_millrace_v1_OperatorStateOfSubtask__Output)[];
  /**
   * Keyed states that are not restored, and those that have another name by now.
   */
  'droppedStates': (string)[];
  'renamedStates': (_millrace_v1_RenamedState__Output)[];
}
