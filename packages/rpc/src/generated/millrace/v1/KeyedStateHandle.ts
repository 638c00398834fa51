// Original file: proto/checkpoint.proto

import type { KeyGroupRange as _millrace_v1_KeyGroupRange, KeyGroupRange__Output as _millrace_v1_KeyGroupRange__Output } from '../../millrace/v1/KeyGroupRange.ts';
import type { SegmentHandle as _millrace_v1_SegmentHandle, SegmentHandle__Output as _millrace_v1_SegmentHandle__Output } from '../../millrace/v1/SegmentHandle.ts';

/**
 * The keyed state of one subtask of one operator, timers included.
 */
export interface KeyedStateHandle {
  'keyGroups'?: (_millrace_v1_KeyGroupRange | null);
  /**
   * A chain: applied in this order.
   */
  'segments'?: (_millrace_v1_SegmentHandle)[];
}

/**
 * The keyed state of one subtask of one operator, timers included.
 */
export interface KeyedStateHandle__Output {
  'keyGroups': (_millrace_v1_KeyGroupRange__Output | null);
  /**
   * A chain: applied in this order.
   */
  'segments': (_millrace_v1_SegmentHandle__Output)[];
}
