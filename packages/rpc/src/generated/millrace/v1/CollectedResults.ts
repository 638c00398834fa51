// Original file: proto/dispatcher.proto


/**
 * A batch of a collect sink. Taken out by being fetched.
 */
export interface CollectedResults {
  /**
   * Each in the generic encoding.
   */
  'records'?: (Buffer | Uint8Array | string)[];
  /**
   * Nothing will follow.
   */
  'isEnd'?: (boolean);
  /**
   * Raised when a restart made the sink begin again: what came before is void.
   */
  'epoch'?: (number);
}

/**
 * A batch of a collect sink. Taken out by being fetched.
 */
export interface CollectedResults__Output {
  /**
   * Each in the generic encoding.
   */
  'records': (Buffer)[];
  /**
   * Nothing will follow.
   */
  'isEnd': (boolean);
  /**
   * Raised when a restart made the sink begin again: what came before is void.
   */
  'epoch': (number);
}
