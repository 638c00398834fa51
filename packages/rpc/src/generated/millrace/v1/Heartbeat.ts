// Original file: proto/resource-manager.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Both ways, every interval: alive, and this much was received.
 */
export interface Heartbeat {
  'sessionId'?: (string);
  'receivedCount'?: (number | string | Long);
}

/**
 * Both ways, every interval: alive, and this much was received.
 */
export interface Heartbeat__Output {
  'sessionId': (string);
  'receivedCount': (number);
}
