// Original file: proto/task-executor.proto

import type { ConsumerDeployment as _millrace_v1_ConsumerDeployment, ConsumerDeployment__Output as _millrace_v1_ConsumerDeployment__Output } from '../../millrace/v1/ConsumerDeployment.ts';

export interface ResultPartitionDeployment {
  'edgeIndex'?: (number);
  /**
   * One subpartition per consumer subtask, ascending.
   */
  'consumers'?: (_millrace_v1_ConsumerDeployment)[];
}

export interface ResultPartitionDeployment__Output {
  'edgeIndex': (number);
  /**
   * One subpartition per consumer subtask, ascending.
   */
  'consumers': (_millrace_v1_ConsumerDeployment__Output)[];
}
