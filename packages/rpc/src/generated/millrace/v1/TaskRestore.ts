// Original file: proto/checkpoint.proto

import type { OperatorRestore as _millrace_v1_OperatorRestore, OperatorRestore__Output as _millrace_v1_OperatorRestore__Output } from '../../millrace/v1/OperatorRestore.ts';
import type { ChannelRestore as _millrace_v1_ChannelRestore, ChannelRestore__Output as _millrace_v1_ChannelRestore__Output } from '../../millrace/v1/ChannelRestore.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What a subtask is to begin with.
 */
export interface TaskRestore {
  'checkpointId'?: (number | string | Long);
  'operators'?: (_millrace_v1_OperatorRestore)[];
  'isFinished'?: (boolean);
  /**
   * To be processed before anything else that comes.
   */
  'channels'?: (_millrace_v1_ChannelRestore)[];
}

/**
 * What a subtask is to begin with.
 */
export interface TaskRestore__Output {
  'checkpointId': (number);
  'operators': (_millrace_v1_OperatorRestore__Output)[];
  'isFinished': (boolean);
  /**
   * To be processed before anything else that comes.
   */
  'channels': (_millrace_v1_ChannelRestore__Output)[];
}
