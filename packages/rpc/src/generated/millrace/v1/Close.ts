// Original file: proto/resource-manager.proto


/**
 * Both ways: ends the session for good.
 */
export interface Close {
  'sessionId'?: (string);
  'reason'?: (string);
}

/**
 * Both ways: ends the session for good.
 */
export interface Close__Output {
  'sessionId': (string);
  'reason': (string);
}
