// Original file: proto/task-executor.proto

import type { InputChannelDeployment as _millrace_v1_InputChannelDeployment, InputChannelDeployment__Output as _millrace_v1_InputChannelDeployment__Output } from '../../millrace/v1/InputChannelDeployment.ts';

export interface InputGateDeployment {
  'edgeIndex'?: (number);
  /**
   * One per producer subtask, ascending.
   */
  'channels'?: (_millrace_v1_InputChannelDeployment)[];
}

export interface InputGateDeployment__Output {
  'edgeIndex': (number);
  /**
   * One per producer subtask, ascending.
   */
  'channels': (_millrace_v1_InputChannelDeployment__Output)[];
}
