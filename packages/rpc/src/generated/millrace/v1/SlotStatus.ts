// Original file: proto/job-master.proto

import type { SlotState as _millrace_v1_SlotState, SlotState__Output as _millrace_v1_SlotState__Output } from '../../millrace/v1/SlotState.ts';

export interface SlotStatus {
  'slotIndex'?: (number);
  /**
   * Raised whenever the slot's thread is replaced.
   */
  'incarnation'?: (number);
  'state'?: (_millrace_v1_SlotState);
  /**
   * Set iff allocated.
   */
  'allocationId'?: (string);
  /**
   * Data port of the slot's thread, `host:port`; empty while starting.
   */
  'dataAddress'?: (string);
  '_allocationId'?: "allocationId";
}

export interface SlotStatus__Output {
  'slotIndex': (number);
  /**
   * Raised whenever the slot's thread is replaced.
   */
  'incarnation': (number);
  'state': (_millrace_v1_SlotState__Output);
  /**
   * Set iff allocated.
   */
  'allocationId'?: (string);
  /**
   * Data port of the slot's thread, `host:port`; empty while starting.
   */
  'dataAddress': (string);
  '_allocationId'?: "allocationId";
}
