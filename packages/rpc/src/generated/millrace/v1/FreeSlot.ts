// Original file: proto/task-executor.proto


/**
 * The lease ends: tasks left in the slot are canceled, its thread is replaced.
 */
export interface FreeSlot {
  'allocationId'?: (string);
}

/**
 * The lease ends: tasks left in the slot are canceled, its thread is replaced.
 */
export interface FreeSlot__Output {
  'allocationId': (string);
}
