// Original file: proto/dispatcher.proto

export const TaskManagerState = {
  TASK_MANAGER_STATE_UNSPECIFIED: 'TASK_MANAGER_STATE_UNSPECIFIED',
  TASK_MANAGER_STATE_ACTIVE: 'TASK_MANAGER_STATE_ACTIVE',
  /**
   * Its connection broke and it may come back.
   */
  TASK_MANAGER_STATE_SUSPENDED: 'TASK_MANAGER_STATE_SUSPENDED',
} as const;

export type TaskManagerState =
  | 'TASK_MANAGER_STATE_UNSPECIFIED'
  | 0
  | 'TASK_MANAGER_STATE_ACTIVE'
  | 1
  /**
   * Its connection broke and it may come back.
   */
  | 'TASK_MANAGER_STATE_SUSPENDED'
  | 2

export type TaskManagerState__Output = typeof TaskManagerState[keyof typeof TaskManagerState]
