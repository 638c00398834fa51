// Original file: proto/dispatcher.proto

import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from '../../millrace/v1/BundleReference.ts';

/**
 * A job as it is submitted: a bundle uploaded before, and what to call it with.
 */
export interface JobSubmission {
  'bundle'?: (_millrace_v1_BundleReference | null);
  /**
   * Version of the API the bundle was built for.
   */
  'apiVersion'?: (string);
  'args'?: ({[key: string]: string});
  /**
   * Configuration; it wins over what the program sets.
   */
  'config'?: ({[key: string]: string});
}

/**
 * A job as it is submitted: a bundle uploaded before, and what to call it with.
 */
export interface JobSubmission__Output {
  'bundle': (_millrace_v1_BundleReference__Output | null);
  /**
   * Version of the API the bundle was built for.
   */
  'apiVersion': (string);
  'args': ({[key: string]: string});
  /**
   * Configuration; it wins over what the program sets.
   */
  'config': ({[key: string]: string});
}
