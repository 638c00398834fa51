// Original file: proto/types.proto

export const CheckpointingMode = {
  CHECKPOINTING_MODE_UNSPECIFIED: 'CHECKPOINTING_MODE_UNSPECIFIED',
  CHECKPOINTING_MODE_EXACTLY_ONCE: 'CHECKPOINTING_MODE_EXACTLY_ONCE',
  CHECKPOINTING_MODE_AT_LEAST_ONCE: 'CHECKPOINTING_MODE_AT_LEAST_ONCE',
} as const;

export type CheckpointingMode =
  | 'CHECKPOINTING_MODE_UNSPECIFIED'
  | 0
  | 'CHECKPOINTING_MODE_EXACTLY_ONCE'
  | 1
  | 'CHECKPOINTING_MODE_AT_LEAST_ONCE'
  | 2

export type CheckpointingMode__Output = typeof CheckpointingMode[keyof typeof CheckpointingMode]
