// Original file: proto/types.proto

export const StateBackend = {
  STATE_BACKEND_UNSPECIFIED: 'STATE_BACKEND_UNSPECIFIED',
  STATE_BACKEND_HEAP: 'STATE_BACKEND_HEAP',
  STATE_BACKEND_LEVELDB: 'STATE_BACKEND_LEVELDB',
} as const;

export type StateBackend =
  | 'STATE_BACKEND_UNSPECIFIED'
  | 0
  | 'STATE_BACKEND_HEAP'
  | 1
  | 'STATE_BACKEND_LEVELDB'
  | 2

export type StateBackend__Output = typeof StateBackend[keyof typeof StateBackend]
