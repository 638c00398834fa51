// Original file: proto/job-master.proto

import type { SlotReport as _millrace_v1_SlotReport, SlotReport__Output as _millrace_v1_SlotReport__Output } from '../../millrace/v1/SlotReport.ts';
import type { TaskExecutionState as _millrace_v1_TaskExecutionState, TaskExecutionState__Output as _millrace_v1_TaskExecutionState__Output } from '../../millrace/v1/TaskExecutionState.ts';
import type { MetricsReport as _millrace_v1_MetricsReport, MetricsReport__Output as _millrace_v1_MetricsReport__Output } from '../../millrace/v1/MetricsReport.ts';
import type { OperatorEventToCoordinator as _millrace_v1_OperatorEventToCoordinator, OperatorEventToCoordinator__Output as _millrace_v1_OperatorEventToCoordinator__Output } from '../../millrace/v1/OperatorEventToCoordinator.ts';
import type { Log as _millrace_v1_Log, Log__Output as _millrace_v1_Log__Output } from '../../millrace/v1/Log.ts';

export interface TaskManagerMessage {
  'slotReport'?: (_millrace_v1_SlotReport | null);
  'taskExecutionState'?: (_millrace_v1_TaskExecutionState | null);
  'metricsReport'?: (_millrace_v1_MetricsReport | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToCoordinator | null);
  'log'?: (_millrace_v1_Log | null);
  'message'?: "slotReport"|"taskExecutionState"|"metricsReport"|"operatorEvent"|"log";
}

export interface TaskManagerMessage__Output {
  'slotReport'?: (_millrace_v1_SlotReport__Output | null);
  'taskExecutionState'?: (_millrace_v1_TaskExecutionState__Output | null);
  'metricsReport'?: (_millrace_v1_MetricsReport__Output | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToCoordinator__Output | null);
  'log'?: (_millrace_v1_Log__Output | null);
  'message'?: "slotReport"|"taskExecutionState"|"metricsReport"|"operatorEvent"|"log";
}
