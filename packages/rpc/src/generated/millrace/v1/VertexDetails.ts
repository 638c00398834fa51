// Original file: proto/dispatcher.proto

import type { SubtaskDetails as _millrace_v1_SubtaskDetails, SubtaskDetails__Output as _millrace_v1_SubtaskDetails__Output } from '../../millrace/v1/SubtaskDetails.ts';

export interface VertexDetails {
  'vertexId'?: (string);
  'name'?: (string);
  'parallelism'?: (number);
  'subtasks'?: (_millrace_v1_SubtaskDetails)[];
}

export interface VertexDetails__Output {
  'vertexId': (string);
  'name': (string);
  'parallelism': (number);
  'subtasks': (_millrace_v1_SubtaskDetails__Output)[];
}
