// Original file: proto/checkpoint.proto

import type { ChannelEnd as _millrace_v1_ChannelEnd, ChannelEnd__Output as _millrace_v1_ChannelEnd__Output } from '../../millrace/v1/ChannelEnd.ts';
import type { StateBlob as _millrace_v1_StateBlob, StateBlob__Output as _millrace_v1_StateBlob__Output } from '../../millrace/v1/StateBlob.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Records that were on their way from one subtask to another.
 */
export interface ChannelStateHandle {
  'sourceOperator'?: (string);
  'targetOperator'?: (string);
  'inputIndex'?: (number);
  'producerSubtask'?: (number);
  'consumerSubtask'?: (number);
  'end'?: (_millrace_v1_ChannelEnd);
  'recordCount'?: (number | string | Long);
  'blob'?: (_millrace_v1_StateBlob | null);
  /**
   * The bytes of the blob that are this channel's.
   */
  'offset'?: (number | string | Long);
  'sizeBytes'?: (number | string | Long);
}

/**
 * Records that were on their way from one subtask to another.
 */
export interface ChannelStateHandle__Output {
  'sourceOperator': (string);
  'targetOperator': (string);
  'inputIndex': (number);
  'producerSubtask': (number);
  'consumerSubtask': (number);
  'end': (_millrace_v1_ChannelEnd__Output);
  'recordCount': (number);
  'blob': (_millrace_v1_StateBlob__Output | null);
  /**
   * The bytes of the blob that are this channel's.
   */
  'offset': (number);
  'sizeBytes': (number);
}
