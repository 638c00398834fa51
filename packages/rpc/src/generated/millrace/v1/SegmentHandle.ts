// Original file: proto/checkpoint.proto

import type { KeyGroupRange as _millrace_v1_KeyGroupRange, KeyGroupRange__Output as _millrace_v1_KeyGroupRange__Output } from '../../millrace/v1/KeyGroupRange.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A file of records of keyed state: `<attempt>/<checkpoint>-<sha256>`.
 */
export interface SegmentHandle {
  'name'?: (string);
  'sizeBytes'?: (number | string | Long);
  /**
   * The checkpoint it was written for; it may be part of later ones.
   */
  'checkpointId'?: (number | string | Long);
  /**
   * Key groups it holds the whole state of; empty: it holds changes only.
   */
  'replaces'?: (_millrace_v1_KeyGroupRange | null);
  'recordCount'?: (number | string | Long);
}

/**
 * A file of records of keyed state: `<attempt>/<checkpoint>-<sha256>`.
 */
export interface SegmentHandle__Output {
  'name': (string);
  'sizeBytes': (number);
  /**
   * The checkpoint it was written for; it may be part of later ones.
   */
  'checkpointId': (number);
  /**
   * Key groups it holds the whole state of; empty: it holds changes only.
   */
  'replaces': (_millrace_v1_KeyGroupRange__Output | null);
  'recordCount': (number);
}
