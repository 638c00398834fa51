// Original file: proto/checkpoint.proto


/**
 * JobManager → tasks: sources end as if their input had.
 */
export interface DrainSources {
  'attemptIds'?: (string)[];
}

/**
 * JobManager → tasks: sources end as if their input had.
 */
export interface DrainSources__Output {
  'attemptIds': (string)[];
}
