// Original file: proto/task-executor.proto


/**
 * The job reached its end: its bundle and threads may go.
 */
export interface ReleaseJob {
  'jobId'?: (string);
}

/**
 * The job reached its end: its bundle and threads may go.
 */
export interface ReleaseJob__Output {
  'jobId': (string);
}
