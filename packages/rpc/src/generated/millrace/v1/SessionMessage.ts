// Original file: proto/resource-manager.proto

import type { TaskExecutorMessage as _millrace_v1_TaskExecutorMessage, TaskExecutorMessage__Output as _millrace_v1_TaskExecutorMessage__Output } from '../../millrace/v1/TaskExecutorMessage.ts';
import type { TaskManagerMessage as _millrace_v1_TaskManagerMessage, TaskManagerMessage__Output as _millrace_v1_TaskManagerMessage__Output } from '../../millrace/v1/TaskManagerMessage.ts';
import type { Long } from '@grpc/proto-loader';

export interface SessionMessage {
  'sessionId'?: (string);
  /**
   * 1, 2, 3, … in each direction.
   */
  'sequence'?: (number | string | Long);
  /**
   * Messages of the other direction received so far: acknowledges them.
   */
  'receivedCount'?: (number | string | Long);
  /**
   * JobManager → TaskManager.
   */
  'taskExecutor'?: (_millrace_v1_TaskExecutorMessage | null);
  /**
   * TaskManager → JobManager.
   */
  'taskManager'?: (_millrace_v1_TaskManagerMessage | null);
  'message'?: "taskExecutor"|"taskManager";
}

export interface SessionMessage__Output {
  'sessionId': (string);
  /**
   * 1, 2, 3, … in each direction.
   */
  'sequence': (number);
  /**
   * Messages of the other direction received so far: acknowledges them.
   */
  'receivedCount': (number);
  /**
   * JobManager → TaskManager.
   */
  'taskExecutor'?: (_millrace_v1_TaskExecutorMessage__Output | null);
  /**
   * TaskManager → JobManager.
   */
  'taskManager'?: (_millrace_v1_TaskManagerMessage__Output | null);
  'message'?: "taskExecutor"|"taskManager";
}
