// Original file: proto/dispatcher.proto

import type { Long } from '@grpc/proto-loader';

export interface CompletedCheckpointDetails {
  'checkpointId'?: (number | string | Long);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs'?: (number | string);
  'durationMs'?: (number | string);
  /**
   * Written for it by its tasks.
   */
  'writtenBytes'?: (number | string | Long);
  /**
   * All it names, shared with earlier ones or not.
   */
  'totalBytes'?: (number | string | Long);
  /**
   * Where its `_metadata` is.
   */
  'location'?: (string);
  /**
   * Records that were on their way, of an unaligned checkpoint; part of both.
   */
  'persistedBytes'?: (number | string | Long);
}

export interface CompletedCheckpointDetails__Output {
  'checkpointId': (number);
  /**
   * Milliseconds since 1970.
   */
  'triggeredAtMs': (number);
  'durationMs': (number);
  /**
   * Written for it by its tasks.
   */
  'writtenBytes': (number);
  /**
   * All it names, shared with earlier ones or not.
   */
  'totalBytes': (number);
  /**
   * Where its `_metadata` is.
   */
  'location': (string);
  /**
   * Records that were on their way, of an unaligned checkpoint; part of both.
   */
  'persistedBytes': (number);
}
