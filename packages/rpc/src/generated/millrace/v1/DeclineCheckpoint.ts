// Original file: proto/checkpoint.proto

import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from '../../millrace/v1/ErrorInfo.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * Task → JobManager: the checkpoint cannot be taken here; the task goes on.
 */
export interface DeclineCheckpoint {
  'jobId'?: (string);
  'attemptId'?: (string);
  'checkpointId'?: (number | string | Long);
  'failure'?: (_millrace_v1_ErrorInfo | null);
}

/**
 * Task → JobManager: the checkpoint cannot be taken here; the task goes on.
 */
export interface DeclineCheckpoint__Output {
  'jobId': (string);
  'attemptId': (string);
  'checkpointId': (number);
  'failure': (_millrace_v1_ErrorInfo__Output | null);
}
