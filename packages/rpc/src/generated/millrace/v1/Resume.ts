// Original file: proto/resource-manager.proto

import type { Long } from '@grpc/proto-loader';

/**
 * TaskManager → JobManager: goes on with a session whose connection broke.
 */
export interface Resume {
  'sessionId'?: (string);
  'taskManagerId'?: (string);
  /**
   * Messages received so far: the JobManager sends what follows again.
   */
  'receivedCount'?: (number | string | Long);
  'incarnation'?: (string);
  'connectionNumber'?: (number | string | Long);
}

/**
 * TaskManager → JobManager: goes on with a session whose connection broke.
 */
export interface Resume__Output {
  'sessionId': (string);
  'taskManagerId': (string);
  /**
   * Messages received so far: the JobManager sends what follows again.
   */
  'receivedCount': (number);
  'incarnation': (string);
  'connectionNumber': (number);
}
