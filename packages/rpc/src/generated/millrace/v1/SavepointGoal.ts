// Original file: proto/dispatcher.proto

export const SavepointGoal = {
  SAVEPOINT_GOAL_UNSPECIFIED: 'SAVEPOINT_GOAL_UNSPECIFIED',
  /**
   * The job goes on.
   */
  SAVEPOINT_GOAL_SAVEPOINT: 'SAVEPOINT_GOAL_SAVEPOINT',
  /**
   * It ends with what the savepoint holds.
   */
  SAVEPOINT_GOAL_STOP: 'SAVEPOINT_GOAL_STOP',
  /**
   * It ends as if its input had; the savepoint holds what comes of that.
   */
  SAVEPOINT_GOAL_DRAIN: 'SAVEPOINT_GOAL_DRAIN',
} as const;

export type SavepointGoal =
  | 'SAVEPOINT_GOAL_UNSPECIFIED'
  | 0
  /**
   * The job goes on.
   */
  | 'SAVEPOINT_GOAL_SAVEPOINT'
  | 1
  /**
   * It ends with what the savepoint holds.
   */
  | 'SAVEPOINT_GOAL_STOP'
  | 2
  /**
   * It ends as if its input had; the savepoint holds what comes of that.
   */
  | 'SAVEPOINT_GOAL_DRAIN'
  | 3

export type SavepointGoal__Output = typeof SavepointGoal[keyof typeof SavepointGoal]
