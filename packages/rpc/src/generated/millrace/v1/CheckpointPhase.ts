// Original file: proto/checkpoint.proto

/**
 * How far a subtask is that has not acknowledged yet.
 */
export const CheckpointPhase = {
  CHECKPOINT_PHASE_UNSPECIFIED: 'CHECKPOINT_PHASE_UNSPECIFIED',
  CHECKPOINT_PHASE_WAIT_FOR_BARRIER: 'CHECKPOINT_PHASE_WAIT_FOR_BARRIER',
  CHECKPOINT_PHASE_ALIGN: 'CHECKPOINT_PHASE_ALIGN',
  CHECKPOINT_PHASE_SEAL: 'CHECKPOINT_PHASE_SEAL',
  CHECKPOINT_PHASE_ENCODE: 'CHECKPOINT_PHASE_ENCODE',
  CHECKPOINT_PHASE_QUEUE: 'CHECKPOINT_PHASE_QUEUE',
  CHECKPOINT_PHASE_WRITE: 'CHECKPOINT_PHASE_WRITE',
  CHECKPOINT_PHASE_ACKNOWLEDGED: 'CHECKPOINT_PHASE_ACKNOWLEDGED',
} as const;

/**
 * How far a subtask is that has not acknowledged yet.
 */
export type CheckpointPhase =
  | 'CHECKPOINT_PHASE_UNSPECIFIED'
  | 0
  | 'CHECKPOINT_PHASE_WAIT_FOR_BARRIER'
  | 1
  | 'CHECKPOINT_PHASE_ALIGN'
  | 2
  | 'CHECKPOINT_PHASE_SEAL'
  | 3
  | 'CHECKPOINT_PHASE_ENCODE'
  | 4
  | 'CHECKPOINT_PHASE_QUEUE'
  | 5
  | 'CHECKPOINT_PHASE_WRITE'
  | 6
  | 'CHECKPOINT_PHASE_ACKNOWLEDGED'
  | 7

/**
 * How far a subtask is that has not acknowledged yet.
 */
export type CheckpointPhase__Output = typeof CheckpointPhase[keyof typeof CheckpointPhase]
