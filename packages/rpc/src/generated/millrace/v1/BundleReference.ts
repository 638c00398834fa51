// Original file: proto/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A job's bundle by its content.
 */
export interface BundleReference {
  /**
   * SHA-256, 64 lower-case hexadecimal digits.
   */
  'hash'?: (string);
  'sizeBytes'?: (number | string | Long);
}

/**
 * A job's bundle by its content.
 */
export interface BundleReference__Output {
  /**
   * SHA-256, 64 lower-case hexadecimal digits.
   */
  'hash': (string);
  'sizeBytes': (number);
}
