// Original file: proto/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Counters of one attempt since it started.
 */
export interface TaskMetrics {
  'jobId'?: (string);
  'attemptId'?: (string);
  'recordsIn'?: (number | string | Long);
  'recordsOut'?: (number | string | Long);
  'bytesIn'?: (number | string | Long);
  'bytesOut'?: (number | string | Long);
  /**
   * Records and entries of state that came to their end here, by reason.
   */
  'droppedByReason'?: ({[key: string]: number | string | Long});
  /**
   * Milliseconds, with fractions.
   */
  'busyMs'?: (number | string);
  'idleMs'?: (number | string);
  'backPressuredMs'?: (number | string);
}

/**
 * Counters of one attempt since it started.
 */
export interface TaskMetrics__Output {
  'jobId': (string);
  'attemptId': (string);
  'recordsIn': (number);
  'recordsOut': (number);
  'bytesIn': (number);
  'bytesOut': (number);
  /**
   * Records and entries of state that came to their end here, by reason.
   */
  'droppedByReason': ({[key: string]: number});
  /**
   * Milliseconds, with fractions.
   */
  'busyMs': (number);
  'idleMs': (number);
  'backPressuredMs': (number);
}
