// Original file: proto/resource-manager.proto

import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';

/**
 * JobManager → TaskManager: no session, or not this one any more (SESSION_FENCED: the TaskManager
 * ends all its tasks and registers anew).
 */
export interface Refused {
  'error'?: (_millrace_v1_ErrorInfo | null);
}

/**
 * JobManager → TaskManager: no session, or not this one any more (SESSION_FENCED: the TaskManager
 * ends all its tasks and registers anew).
 */
export interface Refused__Output {
  'error': (_millrace_v1_ErrorInfo__Output | null);
}
