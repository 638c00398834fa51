// Original file: proto/checkpoint.proto

import type { OperatorSubtaskState as _millrace_v1_OperatorSubtaskState, OperatorSubtaskState__Output as _millrace_v1_OperatorSubtaskState__Output } from '../../millrace/v1/OperatorSubtaskState.ts';
import type { ChannelStateHandle as _millrace_v1_ChannelStateHandle, ChannelStateHandle__Output as _millrace_v1_ChannelStateHandle__Output } from '../../millrace/v1/ChannelStateHandle.ts';

/**
 * What one subtask of a vertex has in a checkpoint.
 */
export interface TaskStateSnapshot {
  'operators'?: (_millrace_v1_OperatorSubtaskState)[];
  /**
   * Its operators had been finished.
   */
  'isFinished'?: (boolean);
  /**
   * None where the checkpoint was aligned.
   */
  'channels'?: (_millrace_v1_ChannelStateHandle)[];
}

/**
 * What one subtask of a vertex has in a checkpoint.
 */
export interface TaskStateSnapshot__Output {
  'operators': (_millrace_v1_OperatorSubtaskState__Output)[];
  /**
   * Its operators had been finished.
   */
  'isFinished': (boolean);
  /**
   * None where the checkpoint was aligned.
   */
  'channels': (_millrace_v1_ChannelStateHandle__Output)[];
}
