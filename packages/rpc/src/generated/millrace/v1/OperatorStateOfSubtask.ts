// Original file: proto/checkpoint.proto

import type { OperatorStateHandle as _millrace_v1_OperatorStateHandle, OperatorStateHandle__Output as _millrace_v1_OperatorStateHandle__Output } from '../../millrace/v1/OperatorStateHandle.ts';

export interface OperatorStateOfSubtask {
  /**
   * Unset where it has nothing that concerns the one that restores.
   */
  'handle'?: (_millrace_v1_OperatorStateHandle | null);
}

export interface OperatorStateOfSubtask__Output {
  /**
   * Unset where it has nothing that concerns the one that restores.
   */
  'handle': (_millrace_v1_OperatorStateHandle__Output | null);
}
