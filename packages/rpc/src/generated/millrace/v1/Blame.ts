// Original file: proto/types.proto

export const Blame = {
  BLAME_UNSPECIFIED: 'BLAME_UNSPECIFIED',
  BLAME_USER: 'BLAME_USER',
  BLAME_EXTERNAL: 'BLAME_EXTERNAL',
  BLAME_INTERNAL: 'BLAME_INTERNAL',
} as const;

export type Blame =
  | 'BLAME_UNSPECIFIED'
  | 0
  | 'BLAME_USER'
  | 1
  | 'BLAME_EXTERNAL'
  | 2
  | 'BLAME_INTERNAL'
  | 3

export type Blame__Output = typeof Blame[keyof typeof Blame]
