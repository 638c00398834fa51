// Original file: proto/checkpoint.proto

/**
 * What a checkpoint is taken for; it goes with its barriers.
 */
export const CheckpointPurpose = {
  CHECKPOINT_PURPOSE_UNSPECIFIED: 'CHECKPOINT_PURPOSE_UNSPECIFIED',
  CHECKPOINT_PURPOSE_CHECKPOINT: 'CHECKPOINT_PURPOSE_CHECKPOINT',
  /**
   * Aligned, whatever checkpoints are.
   */
  CHECKPOINT_PURPOSE_SAVEPOINT: 'CHECKPOINT_PURPOSE_SAVEPOINT',
  /**
   * A savepoint behind whose barrier a task does nothing until it is told how it ended.
   */
  CHECKPOINT_PURPOSE_STOP: 'CHECKPOINT_PURPOSE_STOP',
} as const;

/**
 * What a checkpoint is taken for; it goes with its barriers.
 */
export type CheckpointPurpose =
  | 'CHECKPOINT_PURPOSE_UNSPECIFIED'
  | 0
  | 'CHECKPOINT_PURPOSE_CHECKPOINT'
  | 1
  /**
   * Aligned, whatever checkpoints are.
   */
  | 'CHECKPOINT_PURPOSE_SAVEPOINT'
  | 2
  /**
   * A savepoint behind whose barrier a task does nothing until it is told how it ended.
   */
  | 'CHECKPOINT_PURPOSE_STOP'
  | 3

/**
 * What a checkpoint is taken for; it goes with its barriers.
 */
export type CheckpointPurpose__Output = typeof CheckpointPurpose[keyof typeof CheckpointPurpose]
