// Original file: proto/checkpoint.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Where one subtask spent the time of one checkpoint; milliseconds with fractions.
 */
export interface CheckpointMetrics {
  'barrierWaitMs'?: (number | string);
  'alignmentMs'?: (number | string);
  'sealMs'?: (number | string);
  'encodeMs'?: (number | string);
  'queueMs'?: (number | string);
  'writeMs'?: (number | string);
  /**
   * Written for this checkpoint.
   */
  'writtenBytes'?: (number | string | Long);
  /**
   * Everything it names.
   */
  'totalBytes'?: (number | string | Long);
  /**
   * Records that were on their way; part of both.
   */
  'persistedBytes'?: (number | string | Long);
}

/**
 * Where one subtask spent the time of one checkpoint; milliseconds with fractions.
 */
export interface CheckpointMetrics__Output {
  'barrierWaitMs': (number);
  'alignmentMs': (number);
  'sealMs': (number);
  'encodeMs': (number);
  'queueMs': (number);
  'writeMs': (number);
  /**
   * Written for this checkpoint.
   */
  'writtenBytes': (number);
  /**
   * Everything it names.
   */
  'totalBytes': (number);
  /**
   * Records that were on their way; part of both.
   */
  'persistedBytes': (number);
}
