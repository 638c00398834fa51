// Original file: proto/dispatcher.proto

import type { SavepointGoal as _millrace_v1_SavepointGoal, SavepointGoal__Output as _millrace_v1_SavepointGoal__Output } from '../../millrace/v1/SavepointGoal.ts';

export interface TriggerSavepointRequest {
  'jobId'?: (string);
  'goal'?: (_millrace_v1_SavepointGoal);
  /**
   * Where its directory is to be made; unset: where the job's configuration says.
   */
  'targetDirectory'?: (string);
  '_targetDirectory'?: "targetDirectory";
}

export interface TriggerSavepointRequest__Output {
  'jobId': (string);
  'goal': (_millrace_v1_SavepointGoal__Output);
  /**
   * Where its directory is to be made; unset: where the job's configuration says.
   */
  'targetDirectory'?: (string);
  '_targetDirectory'?: "targetDirectory";
}
