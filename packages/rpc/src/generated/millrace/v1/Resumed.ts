// Original file: proto/resource-manager.proto

import type { Long } from '@grpc/proto-loader';

/**
 * JobManager → TaskManager: the session goes on.
 */
export interface Resumed {
  'sessionId'?: (string);
  /**
   * Messages received so far: the TaskManager sends what follows again.
   */
  'receivedCount'?: (number | string | Long);
}

/**
 * JobManager → TaskManager: the session goes on.
 */
export interface Resumed__Output {
  'sessionId': (string);
  /**
   * Messages received so far: the TaskManager sends what follows again.
   */
  'receivedCount': (number);
}
