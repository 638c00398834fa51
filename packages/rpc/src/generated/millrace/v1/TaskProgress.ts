// Original file: proto/dispatcher.proto

import type { CheckpointPhase as _millrace_v1_CheckpointPhase, CheckpointPhase__Output as _millrace_v1_CheckpointPhase__Output } from '../../millrace/v1/CheckpointPhase.ts';

export interface TaskProgress {
  'taskName'?: (string);
  'phase'?: (_millrace_v1_CheckpointPhase);
}

export interface TaskProgress__Output {
  'taskName': (string);
  'phase': (_millrace_v1_CheckpointPhase__Output);
}
