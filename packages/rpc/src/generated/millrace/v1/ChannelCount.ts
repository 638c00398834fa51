// Original file: proto/job-master.proto

import type { ChannelEnd as _millrace_v1_ChannelEnd, ChannelEnd__Output as _millrace_v1_ChannelEnd__Output } from '../../millrace/v1/ChannelEnd.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Records that went through one channel, as one end of it counted them.
 */
export interface ChannelCount {
  'end'?: (_millrace_v1_ChannelEnd);
  'edgeIndex'?: (number);
  'producerSubtask'?: (number);
  'consumerSubtask'?: (number);
  'records'?: (number | string | Long);
}

/**
 * Records that went through one channel, as one end of it counted them.
 */
export interface ChannelCount__Output {
  'end': (_millrace_v1_ChannelEnd__Output);
  'edgeIndex': (number);
  'producerSubtask': (number);
  'consumerSubtask': (number);
  'records': (number);
}
