// Original file: proto/checkpoint.proto

import type { KeyedStateHandle as _millrace_v1_KeyedStateHandle, KeyedStateHandle__Output as _millrace_v1_KeyedStateHandle__Output } from '../../millrace/v1/KeyedStateHandle.ts';
import type { OperatorStateHandle as _millrace_v1_OperatorStateHandle, OperatorStateHandle__Output as _millrace_v1_OperatorStateHandle__Output } from '../../millrace/v1/OperatorStateHandle.ts';

export interface OperatorSubtaskState {
  'operatorId'?: (string);
  /**
   * Unset where it has none.
   */
  'keyed'?: (_millrace_v1_KeyedStateHandle | null);
  /**
   * Unset where it has none.
   */
  'operator'?: (_millrace_v1_OperatorStateHandle | null);
}

export interface OperatorSubtaskState__Output {
  'operatorId': (string);
  /**
   * Unset where it has none.
   */
  'keyed': (_millrace_v1_KeyedStateHandle__Output | null);
  /**
   * Unset where it has none.
   */
  'operator': (_millrace_v1_OperatorStateHandle__Output | null);
}
