// Original file: proto/resource-manager.proto


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
}
