// Original file: proto/dispatcher.proto

import type { SavepointGoal as _millrace_v1_SavepointGoal, SavepointGoal__Output as _millrace_v1_SavepointGoal__Output } from '../../millrace/v1/SavepointGoal.ts';
import type { SavepointState as _millrace_v1_SavepointState, SavepointState__Output as _millrace_v1_SavepointState__Output } from '../../millrace/v1/SavepointState.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { Long } from '@grpc/proto-loader';

export interface SavepointDetails {
  'savepointId'?: (string);
  'goal'?: (_millrace_v1_SavepointGoal);
  'state'?: (_millrace_v1_SavepointState);
  /**
   * Its own directory: a path or a URL.
   */
  'location'?: (string);
  /**
   * Milliseconds since 1970.
   */
  'requestedAtMs'?: (number | string);
  /**
   * 0 while it is under way.
   */
  'endedAtMs'?: (number | string);
  /**
   * Of so many tasks; 0 of 0 before it is triggered.
   */
  'acknowledgedCount'?: (number);
  'taskCount'?: (number);
  /**
   * Of so many files and bytes; 0 of 0 before it is known.
   */
  'copiedFileCount'?: (number | string | Long);
  'fileCount'?: (number | string | Long);
  'copiedBytes'?: (number | string | Long);
  'sizeBytes'?: (number | string | Long);
  /**
   * Why it failed.
   */
  'failure'?: (_millrace_v1_ErrorInfo | null);
}

export interface SavepointDetails__Output {
  'savepointId': (string);
  'goal': (_millrace_v1_SavepointGoal__Output);
  'state': (_millrace_v1_SavepointState__Output);
  /**
   * Its own directory: a path or a URL.
   */
  'location': (string);
  /**
   * Milliseconds since 1970.
   */
  'requestedAtMs': (number);
  /**
   * 0 while it is under way.
   */
  'endedAtMs': (number);
  /**
   * Of so many tasks; 0 of 0 before it is triggered.
   */
  'acknowledgedCount': (number);
  'taskCount': (number);
  /**
   * Of so many files and bytes; 0 of 0 before it is known.
   */
  'copiedFileCount': (number);
  'fileCount': (number);
  'copiedBytes': (number);
  'sizeBytes': (number);
  /**
   * Why it failed.
   */
  'failure': (_millrace_v1_ErrorInfo__Output | null);
}
