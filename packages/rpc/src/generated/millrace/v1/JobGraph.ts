// Original file: proto/types.proto

import type { Boundedness as _millrace_v1_Boundedness, Boundedness__Output as _millrace_v1_Boundedness__Output } from '../../millrace/v1/Boundedness.ts';
import type { JobVertex as _millrace_v1_JobVertex, JobVertex__Output as _millrace_v1_JobVertex__Output } from '../../millrace/v1/JobVertex.ts';
import type { JobEdge as _millrace_v1_JobEdge, JobEdge__Output as _millrace_v1_JobEdge__Output } from '../../millrace/v1/JobEdge.ts';

export interface JobGraph {
  'name'?: (string);
  'boundedness'?: (_millrace_v1_Boundedness);
  /**
   * In topological order.
   */
  'vertices'?: (_millrace_v1_JobVertex)[];
  'edges'?: (_millrace_v1_JobEdge)[];
  /**
   * Configuration the program set itself.
   */
  'config'?: ({[key: string]: string});
  /**
   * SHA-256 over the canonical form of all of the above.
   */
  'hash'?: (string);
}

export interface JobGraph__Output {
  'name': (string);
  'boundedness': (_millrace_v1_Boundedness__Output);
  /**
   * In topological order.
   */
  'vertices': (_millrace_v1_JobVertex__Output)[];
  'edges': (_millrace_v1_JobEdge__Output)[];
  /**
   * Configuration the program set itself.
   */
  'config': ({[key: string]: string});
  /**
   * SHA-256 over the canonical form of all of the above.
   */
  'hash': (string);
}
