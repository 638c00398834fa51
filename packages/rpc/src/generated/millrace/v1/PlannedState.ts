// Original file: proto/dispatcher.proto

import type { RestoreVerdict as _millrace_v1_RestoreVerdict, RestoreVerdict__Output as _millrace_v1_RestoreVerdict__Output } from '../../millrace/v1/RestoreVerdict.ts';

export interface PlannedState {
  'operator'?: (string);
  'state'?: (string);
  'kind'?: (string);
  'verdict'?: (_millrace_v1_RestoreVerdict);
  /**
   * Empty where there is nothing to say.
   */
  'reason'?: (string);
  /**
   * The job is not started because of it.
   */
  'isRefused'?: (boolean);
}

export interface PlannedState__Output {
  'operator': (string);
  'state': (string);
  'kind': (string);
  'verdict': (_millrace_v1_RestoreVerdict__Output);
  /**
   * Empty where there is nothing to say.
   */
  'reason': (string);
  /**
   * The job is not started because of it.
   */
  'isRefused': (boolean);
}
