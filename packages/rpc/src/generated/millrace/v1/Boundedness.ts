// Original file: proto/types.proto

export const Boundedness = {
  BOUNDEDNESS_UNSPECIFIED: 'BOUNDEDNESS_UNSPECIFIED',
  BOUNDEDNESS_BOUNDED: 'BOUNDEDNESS_BOUNDED',
  BOUNDEDNESS_CONTINUOUS_UNBOUNDED: 'BOUNDEDNESS_CONTINUOUS_UNBOUNDED',
} as const;

export type Boundedness =
  | 'BOUNDEDNESS_UNSPECIFIED'
  | 0
  | 'BOUNDEDNESS_BOUNDED'
  | 1
  | 'BOUNDEDNESS_CONTINUOUS_UNBOUNDED'
  | 2

export type Boundedness__Output = typeof Boundedness[keyof typeof Boundedness]
