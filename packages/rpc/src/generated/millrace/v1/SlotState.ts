// Original file: proto/job-master.proto

export const SlotState = {
  SLOT_STATE_UNSPECIFIED: 'SLOT_STATE_UNSPECIFIED',
  /**
   * Its thread is not ready yet.
   */
  SLOT_STATE_STARTING: 'SLOT_STATE_STARTING',
  SLOT_STATE_FREE: 'SLOT_STATE_FREE',
  SLOT_STATE_ALLOCATED: 'SLOT_STATE_ALLOCATED',
} as const;

export type SlotState =
  | 'SLOT_STATE_UNSPECIFIED'
  | 0
  /**
   * Its thread is not ready yet.
   */
  | 'SLOT_STATE_STARTING'
  | 1
  | 'SLOT_STATE_FREE'
  | 2
  | 'SLOT_STATE_ALLOCATED'
  | 3

export type SlotState__Output = typeof SlotState[keyof typeof SlotState]
