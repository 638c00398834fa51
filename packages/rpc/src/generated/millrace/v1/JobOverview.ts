// Original file: proto/dispatcher.proto

import type { JobStatus as _millrace_v1_JobStatus, JobStatus__Output as _millrace_v1_JobStatus__Output } from '../../millrace/v1/JobStatus.ts';

export interface JobOverview {
  'jobId'?: (string);
  'name'?: (string);
  'status'?: (_millrace_v1_JobStatus);
  /**
   * Milliseconds since 1970.
   */
  'startedAtMs'?: (number | string);
  /**
   * 0 while it runs.
   */
  'endedAtMs'?: (number | string);
  'taskCount'?: (number);
  'runningTaskCount'?: (number);
  'restartCount'?: (number);
}

export interface JobOverview__Output {
  'jobId': (string);
  'name': (string);
  'status': (_millrace_v1_JobStatus__Output);
  /**
   * Milliseconds since 1970.
   */
  'startedAtMs': (number);
  /**
   * 0 while it runs.
   */
  'endedAtMs': (number);
  'taskCount': (number);
  'runningTaskCount': (number);
  'restartCount': (number);
}
