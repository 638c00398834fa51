// Original file: proto/dispatcher.proto

import type { TaskManagerOverview as _millrace_v1_TaskManagerOverview, TaskManagerOverview__Output as _millrace_v1_TaskManagerOverview__Output } from '../../millrace/v1/TaskManagerOverview.ts';
import type { JobOverview as _millrace_v1_JobOverview, JobOverview__Output as _millrace_v1_JobOverview__Output } from '../../millrace/v1/JobOverview.ts';

export interface ClusterOverview {
  'version'?: (string);
  'processId'?: (number);
  /**
   * Milliseconds since 1970.
   */
  'startedAtMs'?: (number | string);
  'slotCount'?: (number);
  'freeSlotCount'?: (number);
  'taskManagers'?: (_millrace_v1_TaskManagerOverview)[];
  'jobs'?: (_millrace_v1_JobOverview)[];
}

export interface ClusterOverview__Output {
  'version': (string);
  'processId': (number);
  /**
   * Milliseconds since 1970.
   */
  'startedAtMs': (number);
  'slotCount': (number);
  'freeSlotCount': (number);
  'taskManagers': (_millrace_v1_TaskManagerOverview__Output)[];
  'jobs': (_millrace_v1_JobOverview__Output)[];
}
