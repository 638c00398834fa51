// Original file: proto/resource-manager.proto

import type { Long } from '@grpc/proto-loader';

/**
 * JobManager → TaskManager: the new session.
 */
export interface Registered {
  /**
   * 16 lower-case hexadecimal digits; the fencing token of every frame that follows.
   */
  'sessionId'?: (string);
  /**
   * Both ends send a heartbeat this often …
   */
  'heartbeatIntervalMs'?: (number);
  /**
   * … and close the session when nothing came for this long.
   */
  'heartbeatTimeoutMs'?: (number);
  /**
   * Of the JobManager; 0 where it runs without high availability. A TaskManager that has seen a
   * higher one does not take the session.
   */
  'epoch'?: (number | string | Long);
}

/**
 * JobManager → TaskManager: the new session.
 */
export interface Registered__Output {
  /**
   * 16 lower-case hexadecimal digits; the fencing token of every frame that follows.
   */
  'sessionId': (string);
  /**
   * Both ends send a heartbeat this often …
   */
  'heartbeatIntervalMs': (number);
  /**
   * … and close the session when nothing came for this long.
   */
  'heartbeatTimeoutMs': (number);
  /**
   * Of the JobManager; 0 where it runs without high availability. A TaskManager that has seen a
   * higher one does not take the session.
   */
  'epoch': (number);
}
