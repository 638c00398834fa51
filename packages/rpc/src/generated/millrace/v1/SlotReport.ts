// Original file: proto/job-master.proto

import type { SlotStatus as _millrace_v1_SlotStatus, SlotStatus__Output as _millrace_v1_SlotStatus__Output } from '../../millrace/v1/SlotStatus.ts';

/**
 * All slots of the TaskManager; sent whenever one changes.
 */
export interface SlotReport {
  'slots'?: (_millrace_v1_SlotStatus)[];
}

/**
 * All slots of the TaskManager; sent whenever one changes.
 */
export interface SlotReport__Output {
  'slots': (_millrace_v1_SlotStatus__Output)[];
}
