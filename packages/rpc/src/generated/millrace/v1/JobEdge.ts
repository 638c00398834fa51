// Original file: proto/types.proto

import type { Partitioner as _millrace_v1_Partitioner, Partitioner__Output as _millrace_v1_Partitioner__Output } from '../../millrace/v1/Partitioner.ts';

export interface JobEdge {
  /**
   * Position in the graph's list; names the edge on the data plane too.
   */
  'index'?: (number);
  'source'?: (string);
  'sourceOperator'?: (string);
  'target'?: (string);
  'targetOperator'?: (string);
  'inputIndex'?: (number);
  'partitioner'?: (_millrace_v1_Partitioner);
}

export interface JobEdge__Output {
  /**
   * Position in the graph's list; names the edge on the data plane too.
   */
  'index': (number);
  'source': (string);
  'sourceOperator': (string);
  'target': (string);
  'targetOperator': (string);
  'inputIndex': (number);
  'partitioner': (_millrace_v1_Partitioner__Output);
}
