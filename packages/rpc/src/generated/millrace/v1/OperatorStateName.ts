// Original file: proto/checkpoint.proto

import type { OperatorStateMode as _millrace_v1_OperatorStateMode, OperatorStateMode__Output as _millrace_v1_OperatorStateMode__Output } from '../../millrace/v1/OperatorStateMode.ts';

export interface OperatorStateName {
  'name'?: (string);
  'mode'?: (_millrace_v1_OperatorStateMode);
}

export interface OperatorStateName__Output {
  'name': (string);
  'mode': (_millrace_v1_OperatorStateMode__Output);
}
