// Original file: proto/task-executor.proto

import type { AllocateSlot as _millrace_v1_AllocateSlot, AllocateSlot__Output as _millrace_v1_AllocateSlot__Output } from '../../millrace/v1/AllocateSlot.ts';
import type { FreeSlot as _millrace_v1_FreeSlot, FreeSlot__Output as _millrace_v1_FreeSlot__Output } from '../../millrace/v1/FreeSlot.ts';
import type { SubmitTask as _millrace_v1_SubmitTask, SubmitTask__Output as _millrace_v1_SubmitTask__Output } from '../../millrace/v1/SubmitTask.ts';
import type { CancelTask as _millrace_v1_CancelTask, CancelTask__Output as _millrace_v1_CancelTask__Output } from '../../millrace/v1/CancelTask.ts';
import type { OperatorEventToTask as _millrace_v1_OperatorEventToTask, OperatorEventToTask__Output as _millrace_v1_OperatorEventToTask__Output } from '../../millrace/v1/OperatorEventToTask.ts';
import type { ReleaseJob as _millrace_v1_ReleaseJob, ReleaseJob__Output as _millrace_v1_ReleaseJob__Output } from '../../millrace/v1/ReleaseJob.ts';
import type { RequestLog as _millrace_v1_RequestLog, RequestLog__Output as _millrace_v1_RequestLog__Output } from '../../millrace/v1/RequestLog.ts';
import type { TriggerCheckpoint as _millrace_v1_TriggerCheckpoint, TriggerCheckpoint__Output as _millrace_v1_TriggerCheckpoint__Output } from '../../millrace/v1/TriggerCheckpoint.ts';
import type { CheckpointNotification as _millrace_v1_CheckpointNotification, CheckpointNotification__Output as _millrace_v1_CheckpointNotification__Output } from '../../millrace/v1/CheckpointNotification.ts';
import type { DrainSources as _millrace_v1_DrainSources, DrainSources__Output as _millrace_v1_DrainSources__Output } from '../../millrace/v1/DrainSources.ts';

export interface TaskExecutorMessage {
  'allocateSlot'?: (_millrace_v1_AllocateSlot | null);
  'freeSlot'?: (_millrace_v1_FreeSlot | null);
  'submitTask'?: (_millrace_v1_SubmitTask | null);
  'cancelTask'?: (_millrace_v1_CancelTask | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToTask | null);
  'releaseJob'?: (_millrace_v1_ReleaseJob | null);
  'requestLog'?: (_millrace_v1_RequestLog | null);
  'triggerCheckpoint'?: (_millrace_v1_TriggerCheckpoint | null);
  'notifyCheckpointComplete'?: (_millrace_v1_CheckpointNotification | null);
  'notifyCheckpointAborted'?: (_millrace_v1_CheckpointNotification | null);
  'drainSources'?: (_millrace_v1_DrainSources | null);
  'message'?: "allocateSlot"|"freeSlot"|"submitTask"|"cancelTask"|"operatorEvent"|"releaseJob"|"requestLog"|"triggerCheckpoint"|"notifyCheckpointComplete"|"notifyCheckpointAborted"|"drainSources";
}

export interface TaskExecutorMessage__Output {
  'allocateSlot'?: (_millrace_v1_AllocateSlot__Output | null);
  'freeSlot'?: (_millrace_v1_FreeSlot__Output | null);
  'submitTask'?: (_millrace_v1_SubmitTask__Output | null);
  'cancelTask'?: (_millrace_v1_CancelTask__Output | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToTask__Output | null);
  'releaseJob'?: (_millrace_v1_ReleaseJob__Output | null);
  'requestLog'?: (_millrace_v1_RequestLog__Output | null);
  'triggerCheckpoint'?: (_millrace_v1_TriggerCheckpoint__Output | null);
  'notifyCheckpointComplete'?: (_millrace_v1_CheckpointNotification__Output | null);
  'notifyCheckpointAborted'?: (_millrace_v1_CheckpointNotification__Output | null);
  'drainSources'?: (_millrace_v1_DrainSources__Output | null);
  'message'?: "allocateSlot"|"freeSlot"|"submitTask"|"cancelTask"|"operatorEvent"|"releaseJob"|"requestLog"|"triggerCheckpoint"|"notifyCheckpointComplete"|"notifyCheckpointAborted"|"drainSources";
}
