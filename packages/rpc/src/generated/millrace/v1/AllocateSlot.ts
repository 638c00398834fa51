// Original file: proto/task-executor.proto

import type { JobInformation as _millrace_v1_JobInformation, JobInformation__Output as _millrace_v1_JobInformation__Output } from '../../millrace/v1/JobInformation.ts';

/**
 * Leases a slot to a job.
 */
export interface AllocateSlot {
  'slotIndex'?: (number);
  /**
   * The incarnation it is leased at; refused by any other.
   */
  'incarnation'?: (number);
  'allocationId'?: (string);
  'job'?: (_millrace_v1_JobInformation | null);
}

/**
 * Leases a slot to a job.
 */
export interface AllocateSlot__Output {
  'slotIndex': (number);
  /**
   * The incarnation it is leased at; refused by any other.
   */
  'incarnation': (number);
  'allocationId': (string);
  'job': (_millrace_v1_JobInformation__Output | null);
}
