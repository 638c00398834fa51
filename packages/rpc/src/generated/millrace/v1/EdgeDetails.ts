// Original file: proto/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Records that went by one edge, as its two ends counted them, each when its task FINISHED.
 */
export interface EdgeDetails {
  'edgeIndex'?: (number);
  'recordsSent'?: (number | string | Long);
  'recordsReceived'?: (number | string | Long);
}

/**
 * Records that went by one edge, as its two ends counted them, each when its task FINISHED.
 */
export interface EdgeDetails__Output {
  'edgeIndex': (number);
  'recordsSent': (number);
  'recordsReceived': (number);
}
