// Original file: proto/checkpoint.proto

import type { ChannelStateHandle as _millrace_v1_ChannelStateHandle, ChannelStateHandle__Output as _millrace_v1_ChannelStateHandle__Output } from '../../millrace/v1/ChannelStateHandle.ts';

export interface ChannelRestore {
  'edgeIndex'?: (number);
  'handle'?: (_millrace_v1_ChannelStateHandle | null);
  /**
   * Others get it too: only what has a key of the subtask's key groups is its own.
   */
  'isShared'?: (boolean);
}

export interface ChannelRestore__Output {
  'edgeIndex': (number);
  'handle': (_millrace_v1_ChannelStateHandle__Output | null);
  /**
   * Others get it too: only what has a key of the subtask's key groups is its own.
   */
  'isShared': (boolean);
}
