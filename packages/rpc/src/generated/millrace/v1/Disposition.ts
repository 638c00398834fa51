// Original file: proto/types.proto

export const Disposition = {
  DISPOSITION_UNSPECIFIED: 'DISPOSITION_UNSPECIFIED',
  DISPOSITION_RETRY: 'DISPOSITION_RETRY',
  DISPOSITION_FAIL_JOB: 'DISPOSITION_FAIL_JOB',
  DISPOSITION_REJECT_REQUEST: 'DISPOSITION_REJECT_REQUEST',
} as const;

export type Disposition =
  | 'DISPOSITION_UNSPECIFIED'
  | 0
  | 'DISPOSITION_RETRY'
  | 1
  | 'DISPOSITION_FAIL_JOB'
  | 2
  | 'DISPOSITION_REJECT_REQUEST'
  | 3

export type Disposition__Output = typeof Disposition[keyof typeof Disposition]
