// Original file: proto/types.proto

import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from '../../millrace/v1/BundleReference.ts';
import type { JobStateOptions as _millrace_v1_JobStateOptions, JobStateOptions__Output as _millrace_v1_JobStateOptions__Output } from '../../millrace/v1/JobStateOptions.ts';

/**
 * Everything a slot needs to know of a job besides its tasks.
 */
export interface JobInformation {
  /**
   * 32 lower-case hexadecimal digits.
   */
  'jobId'?: (string);
  'jobName'?: (string);
  'bundle'?: (_millrace_v1_BundleReference | null);
  /**
   * Arguments of the job function.
   */
  'args'?: ({[key: string]: string});
  /**
   * Configuration of the job: cluster, then program, then submission.
   */
  'config'?: ({[key: string]: string});
  /**
   * What the graph built from the bundle must hash to.
   */
  'graphHash'?: (string);
  'state'?: (_millrace_v1_JobStateOptions | null);
}

/**
 * Everything a slot needs to know of a job besides its tasks.
 */
export interface JobInformation__Output {
  /**
   * 32 lower-case hexadecimal digits.
   */
  'jobId': (string);
  'jobName': (string);
  'bundle': (_millrace_v1_BundleReference__Output | null);
  /**
   * Arguments of the job function.
   */
  'args': ({[key: string]: string});
  /**
   * Configuration of the job: cluster, then program, then submission.
   */
  'config': ({[key: string]: string});
  /**
   * What the graph built from the bundle must hash to.
   */
  'graphHash': (string);
  'state': (_millrace_v1_JobStateOptions__Output | null);
}
