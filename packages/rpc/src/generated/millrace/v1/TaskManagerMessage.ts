// Original file: proto/job-master.proto

import type { SlotReport as _millrace_v1_SlotReport, SlotReport__Output as _millrace_v1_SlotReport__Output } from '../../millrace/v1/SlotReport.ts';
import type { TaskExecutionState as _millrace_v1_TaskExecutionState, TaskExecutionState__Output as _millrace_v1_TaskExecutionState__Output } from '../../millrace/v1/TaskExecutionState.ts';
import type { MetricsReport as _millrace_v1_MetricsReport, MetricsReport__Output as _millrace_v1_MetricsReport__Output } from '../../millrace/v1/MetricsReport.ts';
import type { OperatorEventToCoordinator as _millrace_v1_OperatorEventToCoordinator, OperatorEventToCoordinator__Output as _millrace_v1_OperatorEventToCoordinator__Output } from '../../millrace/v1/OperatorEventToCoordinator.ts';
import type { Log as _millrace_v1_Log, Log__Output as _millrace_v1_Log__Output } from '../../millrace/v1/Log.ts';
import type { AcknowledgeCheckpoint as _millrace_v1_AcknowledgeCheckpoint, AcknowledgeCheckpoint__Output as _millrace_v1_AcknowledgeCheckpoint__Output } from '../../millrace/v1/AcknowledgeCheckpoint.ts';
import type { DeclineCheckpoint as _millrace_v1_DeclineCheckpoint, DeclineCheckpoint__Output as _millrace_v1_DeclineCheckpoint__Output } from '../../millrace/v1/DeclineCheckpoint.ts';
import type { CheckpointPhaseReport as _millrace_v1_CheckpointPhaseReport, CheckpointPhaseReport__Output as _millrace_v1_CheckpointPhaseReport__Output } from '../../millrace/v1/CheckpointPhaseReport.ts';
import type { EndOfDataReached as _millrace_v1_EndOfDataReached, EndOfDataReached__Output as _millrace_v1_EndOfDataReached__Output } from '../../millrace/v1/EndOfDataReached.ts';

export interface TaskManagerMessage {
  'slotReport'?: (_millrace_v1_SlotReport | null);
  'taskExecutionState'?: (_millrace_v1_TaskExecutionState | null);
  'metricsReport'?: (_millrace_v1_MetricsReport | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToCoordinator | null);
  'log'?: (_millrace_v1_Log | null);
  'acknowledgeCheckpoint'?: (_millrace_v1_AcknowledgeCheckpoint | null);
  'declineCheckpoint'?: (_millrace_v1_DeclineCheckpoint | null);
  'checkpointPhase'?: (_millrace_v1_CheckpointPhaseReport | null);
  'endOfDataReached'?: (_millrace_v1_EndOfDataReached | null);
  'message'?: "slotReport"|"taskExecutionState"|"metricsReport"|"operatorEvent"|"log"|"acknowledgeCheckpoint"|"declineCheckpoint"|"checkpointPhase"|"endOfDataReached";
}

export interface TaskManagerMessage__Output {
  'slotReport'?: (_millrace_v1_SlotReport__Output | null);
  'taskExecutionState'?: (_millrace_v1_TaskExecutionState__Output | null);
  'metricsReport'?: (_millrace_v1_MetricsReport__Output | null);
  'operatorEvent'?: (_millrace_v1_OperatorEventToCoordinator__Output | null);
  'log'?: (_millrace_v1_Log__Output | null);
  'acknowledgeCheckpoint'?: (_millrace_v1_AcknowledgeCheckpoint__Output | null);
  'declineCheckpoint'?: (_millrace_v1_DeclineCheckpoint__Output | null);
  'checkpointPhase'?: (_millrace_v1_CheckpointPhaseReport__Output | null);
  'endOfDataReached'?: (_millrace_v1_EndOfDataReached__Output | null);
  'message'?: "slotReport"|"taskExecutionState"|"metricsReport"|"operatorEvent"|"log"|"acknowledgeCheckpoint"|"declineCheckpoint"|"checkpointPhase"|"endOfDataReached";
}
