// Original file: proto/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

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
   * Raised when a restart made the sink begin again.
   */
  'epoch'?: (number);
  /**
   * How many results come before these: what was fetched from there on is void.
   */
  'position'?: (number | string | Long);
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
   * Raised when a restart made the sink begin again.
   */
  'epoch': (number);
  /**
   * How many results come before these: what was fetched from there on is void.
   */
  'position': (number);
}
