// Original file: proto/dispatcher.proto

import type { TaskManagerState as _millrace_v1_TaskManagerState, TaskManagerState__Output as _millrace_v1_TaskManagerState__Output } from '../../millrace/v1/TaskManagerState.ts';

export interface TaskManagerOverview {
  'taskManagerId'?: (string);
  'dataHost'?: (string);
  'processId'?: (number);
  'slotCount'?: (number);
  'freeSlotCount'?: (number);
  'state'?: (_millrace_v1_TaskManagerState);
  /**
   * Milliseconds since 1970.
   */
  'registeredAtMs'?: (number | string);
  'lastHeartbeatAgoMs'?: (number | string);
}

export interface TaskManagerOverview__Output {
  'taskManagerId': (string);
  'dataHost': (string);
  'processId': (number);
  'slotCount': (number);
  'freeSlotCount': (number);
  'state': (_millrace_v1_TaskManagerState__Output);
  /**
   * Milliseconds since 1970.
   */
  'registeredAtMs': (number);
  'lastHeartbeatAgoMs': (number);
}
