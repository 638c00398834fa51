// Original file: proto/dispatcher.proto

export const SavepointState = {
  SAVEPOINT_STATE_UNSPECIFIED: 'SAVEPOINT_STATE_UNSPECIFIED',
  /**
   * For the tasks to run.
   */
  SAVEPOINT_STATE_WAITING: 'SAVEPOINT_STATE_WAITING',
  /**
   * Sources were told to end.
   */
  SAVEPOINT_STATE_DRAINING: 'SAVEPOINT_STATE_DRAINING',
  /**
   * Tasks write their state.
   */
  SAVEPOINT_STATE_ACKNOWLEDGING: 'SAVEPOINT_STATE_ACKNOWLEDGING',
  /**
   * Its files are copied.
   */
  SAVEPOINT_STATE_WRITING: 'SAVEPOINT_STATE_WRITING',
  /**
   * The last checkpoint of a job that stops is completed.
   */
  SAVEPOINT_STATE_STORING: 'SAVEPOINT_STATE_STORING',
  SAVEPOINT_STATE_COMPLETED: 'SAVEPOINT_STATE_COMPLETED',
  /**
   * Nothing is left of it.
   */
  SAVEPOINT_STATE_FAILED: 'SAVEPOINT_STATE_FAILED',
} as const;

export type SavepointState =
  | 'SAVEPOINT_STATE_UNSPECIFIED'
  | 0
  /**
   * For the tasks to run.
   */
  | 'SAVEPOINT_STATE_WAITING'
  | 1
  /**
   * Sources were told to end.
   */
  | 'SAVEPOINT_STATE_DRAINING'
  | 2
  /**
   * Tasks write their state.
   */
  | 'SAVEPOINT_STATE_ACKNOWLEDGING'
  | 3
  /**
   * Its files are copied.
   */
  | 'SAVEPOINT_STATE_WRITING'
  | 4
  /**
   * The last checkpoint of a job that stops is completed.
   */
  | 'SAVEPOINT_STATE_STORING'
  | 5
  | 'SAVEPOINT_STATE_COMPLETED'
  | 6
  /**
   * Nothing is left of it.
   */
  | 'SAVEPOINT_STATE_FAILED'
  | 7

export type SavepointState__Output = typeof SavepointState[keyof typeof SavepointState]
