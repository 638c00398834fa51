// Original file: proto/checkpoint.proto

/**
 * How the items of an operator state go to the subtasks that restore it.
 */
export const OperatorStateMode = {
  OPERATOR_STATE_MODE_UNSPECIFIED: 'OPERATOR_STATE_MODE_UNSPECIFIED',
  OPERATOR_STATE_MODE_SPLIT: 'OPERATOR_STATE_MODE_SPLIT',
  OPERATOR_STATE_MODE_UNION: 'OPERATOR_STATE_MODE_UNION',
  OPERATOR_STATE_MODE_BROADCAST: 'OPERATOR_STATE_MODE_BROADCAST',
} as const;

/**
 * How the items of an operator state go to the subtasks that restore it.
 */
export type OperatorStateMode =
  | 'OPERATOR_STATE_MODE_UNSPECIFIED'
  | 0
  | 'OPERATOR_STATE_MODE_SPLIT'
  | 1
  | 'OPERATOR_STATE_MODE_UNION'
  | 2
  | 'OPERATOR_STATE_MODE_BROADCAST'
  | 3

/**
 * How the items of an operator state go to the subtasks that restore it.
 */
export type OperatorStateMode__Output = typeof OperatorStateMode[keyof typeof OperatorStateMode]
