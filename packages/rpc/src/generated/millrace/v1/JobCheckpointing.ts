// Original file: proto/types.proto

import type { CheckpointingMode as _millrace_v1_CheckpointingMode, CheckpointingMode__Output as _millrace_v1_CheckpointingMode__Output } from '../../millrace/v1/CheckpointingMode.ts';
import type { Long } from '@grpc/proto-loader';

export interface JobCheckpointing {
  'mode'?: (_millrace_v1_CheckpointingMode);
  /**
   * The job's own directory, its id included.
   */
  'directory'?: (string);
  'inlineSizeMaxBytes'?: (number | string | Long);
  'isBackedUpLocally'?: (boolean);
  /**
   * Barriers overtake records, so long after the trigger.
   */
  'isUnaligned'?: (boolean);
  'alignedTimeoutMs'?: (number | string);
}

export interface JobCheckpointing__Output {
  'mode': (_millrace_v1_CheckpointingMode__Output);
  /**
   * The job's own directory, its id included.
   */
  'directory': (string);
  'inlineSizeMaxBytes': (number);
  'isBackedUpLocally': (boolean);
  /**
   * Barriers overtake records, so long after the trigger.
   */
  'isUnaligned': (boolean);
  'alignedTimeoutMs': (number);
}
