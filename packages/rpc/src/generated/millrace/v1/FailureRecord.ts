// Original file: proto/dispatcher.proto

import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';

/**
 * One failure that the job met, and when it ran again.
 */
export interface FailureRecord {
  /**
   * Milliseconds since 1970.
   */
  'atMs'?: (number | string);
  'failure'?: (_millrace_v1_ErrorInfo | null);
  /**
   * Empty where the job as a whole failed.
   */
  'taskName'?: (string);
  'taskManagerId'?: (string);
  /**
   * From the failure to all tasks running again; unset while that is not so.
   */
  'recoveredAfterMs'?: (number | string);
  '_taskManagerId'?: "taskManagerId";
  '_recoveredAfterMs'?: "recoveredAfterMs";
}

/**
 * One failure that the job met, and when it ran again.
 */
export interface FailureRecord__Output {
  /**
   * Milliseconds since 1970.
   */
  'atMs': (number);
  'failure': (_millrace_v1_ErrorInfo__Output | null);
  /**
   * Empty where the job as a whole failed.
   */
  'taskName': (string);
  'taskManagerId'?: (string);
  /**
   * From the failure to all tasks running again; unset while that is not so.
   */
  'recoveredAfterMs'?: (number);
  '_taskManagerId'?: "taskManagerId";
  '_recoveredAfterMs'?: "recoveredAfterMs";
}
