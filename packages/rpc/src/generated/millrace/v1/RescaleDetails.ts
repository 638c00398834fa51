// Original file: proto/dispatcher.proto

import type { RescaleCause as _millrace_v1_RescaleCause, RescaleCause__Output as _millrace_v1_RescaleCause__Output } from '../../millrace/v1/RescaleCause.ts';
import type { RescaleState as _millrace_v1_RescaleState, RescaleState__Output as _millrace_v1_RescaleState__Output } from '../../millrace/v1/RescaleState.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';

/**
 * One change of a job's parallelism, under way or over.
 */
export interface RescaleDetails {
  'cause'?: (_millrace_v1_RescaleCause);
  'state'?: (_millrace_v1_RescaleState);
  /**
   * The largest of the operators that change.
   */
  'fromParallelism'?: (number);
  'toParallelism'?: (number);
  /**
   * Milliseconds since 1970.
   */
  'beganAtMs'?: (number | string);
  /**
   * Slots that are waited for.
   */
  'missingSlotCount'?: (number);
  /**
   * From the first task being canceled until all tasks ran again.
   */
  'gapMs'?: (number | string);
  /**
   * Why it came to nothing; the job goes on as it was.
   */
  'failure'?: (_millrace_v1_ErrorInfo | null);
  '_gapMs'?: "gapMs";
}

/**
 * One change of a job's parallelism, under way or over.
 */
export interface RescaleDetails__Output {
  'cause': (_millrace_v1_RescaleCause__Output);
  'state': (_millrace_v1_RescaleState__Output);
  /**
   * The largest of the operators that change.
   */
  'fromParallelism': (number);
  'toParallelism': (number);
  /**
   * Milliseconds since 1970.
   */
  'beganAtMs': (number);
  /**
   * Slots that are waited for.
   */
  'missingSlotCount': (number);
  /**
   * From the first task being canceled until all tasks ran again.
   */
  'gapMs'?: (number);
  /**
   * Why it came to nothing; the job goes on as it was.
   */
  'failure': (_millrace_v1_ErrorInfo__Output | null);
  '_gapMs'?: "gapMs";
}
