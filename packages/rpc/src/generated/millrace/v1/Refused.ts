// Original file: proto/resource-manager.proto

import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * JobManager → TaskManager: no session, or not this one any more (SESSION_FENCED: the TaskManager
 * ends all its tasks and registers anew).
 */
export interface Refused {
  'error'?: (_millrace_v1_ErrorInfo | null);
  /**
   * As in `Registered`: the refusal of a JobManager with a lower epoch than was seen is void.
   */
  'epoch'?: (number | string | Long);
}

/**
 * JobManager → TaskManager: no session, or not this one any more (SESSION_FENCED: the TaskManager
 * ends all its tasks and registers anew).
 */
export interface Refused__Output {
  'error': (_millrace_v1_ErrorInfo__Output | null);
  /**
   * As in `Registered`: the refusal of a JobManager with a lower epoch than was seen is void.
   */
  'epoch': (number);
}
