// Original file: proto/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

export interface RestoredCheckpointDetails {
  'checkpointId'?: (number | string | Long);
  /**
   * Milliseconds since 1970.
   */
  'restoredAtMs'?: (number | string);
}

export interface RestoredCheckpointDetails__Output {
  'checkpointId': (number);
  /**
   * Milliseconds since 1970.
   */
  'restoredAtMs': (number);
}
