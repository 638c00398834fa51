// Original file: proto/types.proto

import type { JobOperator as _millrace_v1_JobOperator, JobOperator__Output as _millrace_v1_JobOperator__Output } from '../../millrace/v1/JobOperator.ts';

/**
 * A chain of operators: what is scheduled, `parallelism` times.
 */
export interface JobVertex {
  'id'?: (string);
  'name'?: (string);
  'parallelism'?: (number);
  'slotSharingGroup'?: (string);
  /**
   * In topological order.
   */
  'operators'?: (_millrace_v1_JobOperator)[];
}

/**
 * A chain of operators: what is scheduled, `parallelism` times.
 */
export interface JobVertex__Output {
  'id': (string);
  'name': (string);
  'parallelism': (number);
  'slotSharingGroup': (string);
  /**
   * In topological order.
   */
  'operators': (_millrace_v1_JobOperator__Output)[];
}
