// Original file: proto/checkpoint.proto


/**
 * Task → JobManager: it is at its end and waits for a checkpoint that says so.
 */
export interface EndOfDataReached {
  'jobId'?: (string);
  'attemptId'?: (string);
}

/**
 * Task → JobManager: it is at its end and waits for a checkpoint that says so.
 */
export interface EndOfDataReached__Output {
  'jobId': (string);
  'attemptId': (string);
}
