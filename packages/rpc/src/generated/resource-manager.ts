import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcknowledgeCheckpoint as _millrace_v1_AcknowledgeCheckpoint, AcknowledgeCheckpoint__Output as _millrace_v1_AcknowledgeCheckpoint__Output } from './millrace/v1/AcknowledgeCheckpoint.ts';
import type { AllocateSlot as _millrace_v1_AllocateSlot, AllocateSlot__Output as _millrace_v1_AllocateSlot__Output } from './millrace/v1/AllocateSlot.ts';
import type { BundleChunk as _millrace_v1_BundleChunk, BundleChunk__Output as _millrace_v1_BundleChunk__Output } from './millrace/v1/BundleChunk.ts';
import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from './millrace/v1/BundleReference.ts';
import type { BundleRequest as _millrace_v1_BundleRequest, BundleRequest__Output as _millrace_v1_BundleRequest__Output } from './millrace/v1/BundleRequest.ts';
import type { CancelTask as _millrace_v1_CancelTask, CancelTask__Output as _millrace_v1_CancelTask__Output } from './millrace/v1/CancelTask.ts';
import type { ChannelCount as _millrace_v1_ChannelCount, ChannelCount__Output as _millrace_v1_ChannelCount__Output } from './millrace/v1/ChannelCount.ts';
import type { ChannelRestore as _millrace_v1_ChannelRestore, ChannelRestore__Output as _millrace_v1_ChannelRestore__Output } from './millrace/v1/ChannelRestore.ts';
import type { ChannelStateHandle as _millrace_v1_ChannelStateHandle, ChannelStateHandle__Output as _millrace_v1_ChannelStateHandle__Output } from './millrace/v1/ChannelStateHandle.ts';
import type { CheckpointMetrics as _millrace_v1_CheckpointMetrics, CheckpointMetrics__Output as _millrace_v1_CheckpointMetrics__Output } from './millrace/v1/CheckpointMetrics.ts';
import type { CheckpointNotification as _millrace_v1_CheckpointNotification, CheckpointNotification__Output as _millrace_v1_CheckpointNotification__Output } from './millrace/v1/CheckpointNotification.ts';
import type { CheckpointPhaseReport as _millrace_v1_CheckpointPhaseReport, CheckpointPhaseReport__Output as _millrace_v1_CheckpointPhaseReport__Output } from './millrace/v1/CheckpointPhaseReport.ts';
import type { Close as _millrace_v1_Close, Close__Output as _millrace_v1_Close__Output } from './millrace/v1/Close.ts';
import type { ConsumerDeployment as _millrace_v1_ConsumerDeployment, ConsumerDeployment__Output as _millrace_v1_ConsumerDeployment__Output } from './millrace/v1/ConsumerDeployment.ts';
import type { DeclineCheckpoint as _millrace_v1_DeclineCheckpoint, DeclineCheckpoint__Output as _millrace_v1_DeclineCheckpoint__Output } from './millrace/v1/DeclineCheckpoint.ts';
import type { DrainSources as _millrace_v1_DrainSources, DrainSources__Output as _millrace_v1_DrainSources__Output } from './millrace/v1/DrainSources.ts';
import type { EndOfDataReached as _millrace_v1_EndOfDataReached, EndOfDataReached__Output as _millrace_v1_EndOfDataReached__Output } from './millrace/v1/EndOfDataReached.ts';
import type { ErrorDetail as _millrace_v1_ErrorDetail, ErrorDetail__Output as _millrace_v1_ErrorDetail__Output } from './millrace/v1/ErrorDetail.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from './millrace/v1/ErrorInfo.ts';
import type { FreeSlot as _millrace_v1_FreeSlot, FreeSlot__Output as _millrace_v1_FreeSlot__Output } from './millrace/v1/FreeSlot.ts';
import type { Heartbeat as _millrace_v1_Heartbeat, Heartbeat__Output as _millrace_v1_Heartbeat__Output } from './millrace/v1/Heartbeat.ts';
import type { InputChannelDeployment as _millrace_v1_InputChannelDeployment, InputChannelDeployment__Output as _millrace_v1_InputChannelDeployment__Output } from './millrace/v1/InputChannelDeployment.ts';
import type { InputGateDeployment as _millrace_v1_InputGateDeployment, InputGateDeployment__Output as _millrace_v1_InputGateDeployment__Output } from './millrace/v1/InputGateDeployment.ts';
import type { JobCheckpointing as _millrace_v1_JobCheckpointing, JobCheckpointing__Output as _millrace_v1_JobCheckpointing__Output } from './millrace/v1/JobCheckpointing.ts';
import type { JobEdge as _millrace_v1_JobEdge, JobEdge__Output as _millrace_v1_JobEdge__Output } from './millrace/v1/JobEdge.ts';
import type { JobGraph as _millrace_v1_JobGraph, JobGraph__Output as _millrace_v1_JobGraph__Output } from './millrace/v1/JobGraph.ts';
import type { JobInformation as _millrace_v1_JobInformation, JobInformation__Output as _millrace_v1_JobInformation__Output } from './millrace/v1/JobInformation.ts';
import type { JobOperator as _millrace_v1_JobOperator, JobOperator__Output as _millrace_v1_JobOperator__Output } from './millrace/v1/JobOperator.ts';
import type { JobStateOptions as _millrace_v1_JobStateOptions, JobStateOptions__Output as _millrace_v1_JobStateOptions__Output } from './millrace/v1/JobStateOptions.ts';
import type { JobVertex as _millrace_v1_JobVertex, JobVertex__Output as _millrace_v1_JobVertex__Output } from './millrace/v1/JobVertex.ts';
import type { KeyGroupRange as _millrace_v1_KeyGroupRange, KeyGroupRange__Output as _millrace_v1_KeyGroupRange__Output } from './millrace/v1/KeyGroupRange.ts';
import type { KeyedStateHandle as _millrace_v1_KeyedStateHandle, KeyedStateHandle__Output as _millrace_v1_KeyedStateHandle__Output } from './millrace/v1/KeyedStateHandle.ts';
import type { LevelDbOptions as _millrace_v1_LevelDbOptions, LevelDbOptions__Output as _millrace_v1_LevelDbOptions__Output } from './millrace/v1/LevelDbOptions.ts';
import type { Log as _millrace_v1_Log, Log__Output as _millrace_v1_Log__Output } from './millrace/v1/Log.ts';
import type { MetricsReport as _millrace_v1_MetricsReport, MetricsReport__Output as _millrace_v1_MetricsReport__Output } from './millrace/v1/MetricsReport.ts';
import type { ObjectField as _millrace_v1_ObjectField, ObjectField__Output as _millrace_v1_ObjectField__Output } from './millrace/v1/ObjectField.ts';
import type { OperatorEventToCoordinator as _millrace_v1_OperatorEventToCoordinator, OperatorEventToCoordinator__Output as _millrace_v1_OperatorEventToCoordinator__Output } from './millrace/v1/OperatorEventToCoordinator.ts';
import type { OperatorEventToTask as _millrace_v1_OperatorEventToTask, OperatorEventToTask__Output as _millrace_v1_OperatorEventToTask__Output } from './millrace/v1/OperatorEventToTask.ts';
import type { OperatorRestore as _millrace_v1_OperatorRestore, OperatorRestore__Output as _millrace_v1_OperatorRestore__Output } from './millrace/v1/OperatorRestore.ts';
import type { OperatorStateHandle as _millrace_v1_OperatorStateHandle, OperatorStateHandle__Output as _millrace_v1_OperatorStateHandle__Output } from './millrace/v1/OperatorStateHandle.ts';
import type { OperatorStateName as _millrace_v1_OperatorStateName, OperatorStateName__Output as _millrace_v1_OperatorStateName__Output } from './millrace/v1/OperatorStateName.ts';
import type { OperatorStateOfSubtask as _millrace_v1_OperatorStateOfSubtask, OperatorStateOfSubtask__Output as _millrace_v1_OperatorStateOfSubtask__Output } from './millrace/v1/OperatorStateOfSubtask.ts';
import type { OperatorSubtaskState as _millrace_v1_OperatorSubtaskState, OperatorSubtaskState__Output as _millrace_v1_OperatorSubtaskState__Output } from './millrace/v1/OperatorSubtaskState.ts';
import type { Refused as _millrace_v1_Refused, Refused__Output as _millrace_v1_Refused__Output } from './millrace/v1/Refused.ts';
import type { Register as _millrace_v1_Register, Register__Output as _millrace_v1_Register__Output } from './millrace/v1/Register.ts';
import type { Registered as _millrace_v1_Registered, Registered__Output as _millrace_v1_Registered__Output } from './millrace/v1/Registered.ts';
import type { ReleaseJob as _millrace_v1_ReleaseJob, ReleaseJob__Output as _millrace_v1_ReleaseJob__Output } from './millrace/v1/ReleaseJob.ts';
import type { RenamedState as _millrace_v1_RenamedState, RenamedState__Output as _millrace_v1_RenamedState__Output } from './millrace/v1/RenamedState.ts';
import type { RequestLog as _millrace_v1_RequestLog, RequestLog__Output as _millrace_v1_RequestLog__Output } from './millrace/v1/RequestLog.ts';
import type { ResourceManagerClient as _millrace_v1_ResourceManagerClient, ResourceManagerDefinition as _millrace_v1_ResourceManagerDefinition } from './millrace/v1/ResourceManager.ts';
import type { ResultPartitionDeployment as _millrace_v1_ResultPartitionDeployment, ResultPartitionDeployment__Output as _millrace_v1_ResultPartitionDeployment__Output } from './millrace/v1/ResultPartitionDeployment.ts';
import type { Resume as _millrace_v1_Resume, Resume__Output as _millrace_v1_Resume__Output } from './millrace/v1/Resume.ts';
import type { Resumed as _millrace_v1_Resumed, Resumed__Output as _millrace_v1_Resumed__Output } from './millrace/v1/Resumed.ts';
import type { SegmentHandle as _millrace_v1_SegmentHandle, SegmentHandle__Output as _millrace_v1_SegmentHandle__Output } from './millrace/v1/SegmentHandle.ts';
import type { SessionFrame as _millrace_v1_SessionFrame, SessionFrame__Output as _millrace_v1_SessionFrame__Output } from './millrace/v1/SessionFrame.ts';
import type { SessionMessage as _millrace_v1_SessionMessage, SessionMessage__Output as _millrace_v1_SessionMessage__Output } from './millrace/v1/SessionMessage.ts';
import type { SlotReport as _millrace_v1_SlotReport, SlotReport__Output as _millrace_v1_SlotReport__Output } from './millrace/v1/SlotReport.ts';
import type { SlotStatus as _millrace_v1_SlotStatus, SlotStatus__Output as _millrace_v1_SlotStatus__Output } from './millrace/v1/SlotStatus.ts';
import type { StateBlob as _millrace_v1_StateBlob, StateBlob__Output as _millrace_v1_StateBlob__Output } from './millrace/v1/StateBlob.ts';
import type { StateFile as _millrace_v1_StateFile, StateFile__Output as _millrace_v1_StateFile__Output } from './millrace/v1/StateFile.ts';
import type { SubmitTask as _millrace_v1_SubmitTask, SubmitTask__Output as _millrace_v1_SubmitTask__Output } from './millrace/v1/SubmitTask.ts';
import type { TaskExecutionState as _millrace_v1_TaskExecutionState, TaskExecutionState__Output as _millrace_v1_TaskExecutionState__Output } from './millrace/v1/TaskExecutionState.ts';
import type { TaskExecutorMessage as _millrace_v1_TaskExecutorMessage, TaskExecutorMessage__Output as _millrace_v1_TaskExecutorMessage__Output } from './millrace/v1/TaskExecutorMessage.ts';
import type { TaskManagerMessage as _millrace_v1_TaskManagerMessage, TaskManagerMessage__Output as _millrace_v1_TaskManagerMessage__Output } from './millrace/v1/TaskManagerMessage.ts';
import type { TaskMetrics as _millrace_v1_TaskMetrics, TaskMetrics__Output as _millrace_v1_TaskMetrics__Output } from './millrace/v1/TaskMetrics.ts';
import type { TaskRestore as _millrace_v1_TaskRestore, TaskRestore__Output as _millrace_v1_TaskRestore__Output } from './millrace/v1/TaskRestore.ts';
import type { TaskStateSnapshot as _millrace_v1_TaskStateSnapshot, TaskStateSnapshot__Output as _millrace_v1_TaskStateSnapshot__Output } from './millrace/v1/TaskStateSnapshot.ts';
import type { TriggerCheckpoint as _millrace_v1_TriggerCheckpoint, TriggerCheckpoint__Output as _millrace_v1_TriggerCheckpoint__Output } from './millrace/v1/TriggerCheckpoint.ts';
import type { TypeDescriptor as _millrace_v1_TypeDescriptor, TypeDescriptor__Output as _millrace_v1_TypeDescriptor__Output } from './millrace/v1/TypeDescriptor.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  millrace: {
    v1: {
      AcknowledgeCheckpoint: MessageTypeDefinition<_millrace_v1_AcknowledgeCheckpoint, _millrace_v1_AcknowledgeCheckpoint__Output>
      AllocateSlot: MessageTypeDefinition<_millrace_v1_AllocateSlot, _millrace_v1_AllocateSlot__Output>
      Blame: EnumTypeDefinition
      Boundedness: EnumTypeDefinition
      BundleChunk: MessageTypeDefinition<_millrace_v1_BundleChunk, _millrace_v1_BundleChunk__Output>
      BundleReference: MessageTypeDefinition<_millrace_v1_BundleReference, _millrace_v1_BundleReference__Output>
      BundleRequest: MessageTypeDefinition<_millrace_v1_BundleRequest, _millrace_v1_BundleRequest__Output>
      CancelTask: MessageTypeDefinition<_millrace_v1_CancelTask, _millrace_v1_CancelTask__Output>
      ChannelCount: MessageTypeDefinition<_millrace_v1_ChannelCount, _millrace_v1_ChannelCount__Output>
      ChannelEnd: EnumTypeDefinition
      ChannelRestore: MessageTypeDefinition<_millrace_v1_ChannelRestore, _millrace_v1_ChannelRestore__Output>
      ChannelStateHandle: MessageTypeDefinition<_millrace_v1_ChannelStateHandle, _millrace_v1_ChannelStateHandle__Output>
      CheckpointMetrics: MessageTypeDefinition<_millrace_v1_CheckpointMetrics, _millrace_v1_CheckpointMetrics__Output>
      CheckpointNotification: MessageTypeDefinition<_millrace_v1_CheckpointNotification, _millrace_v1_CheckpointNotification__Output>
      CheckpointPhase: EnumTypeDefinition
      CheckpointPhaseReport: MessageTypeDefinition<_millrace_v1_CheckpointPhaseReport, _millrace_v1_CheckpointPhaseReport__Output>
      CheckpointPurpose: EnumTypeDefinition
      CheckpointingMode: EnumTypeDefinition
      Close: MessageTypeDefinition<_millrace_v1_Close, _millrace_v1_Close__Output>
      ConsumerDeployment: MessageTypeDefinition<_millrace_v1_ConsumerDeployment, _millrace_v1_ConsumerDeployment__Output>
      DeclineCheckpoint: MessageTypeDefinition<_millrace_v1_DeclineCheckpoint, _millrace_v1_DeclineCheckpoint__Output>
      Disposition: EnumTypeDefinition
      DrainSources: MessageTypeDefinition<_millrace_v1_DrainSources, _millrace_v1_DrainSources__Output>
      EndOfDataReached: MessageTypeDefinition<_millrace_v1_EndOfDataReached, _millrace_v1_EndOfDataReached__Output>
      ErrorDetail: MessageTypeDefinition<_millrace_v1_ErrorDetail, _millrace_v1_ErrorDetail__Output>
      ErrorInfo: MessageTypeDefinition<_millrace_v1_ErrorInfo, _millrace_v1_ErrorInfo__Output>
      ExecutionState: EnumTypeDefinition
      FreeSlot: MessageTypeDefinition<_millrace_v1_FreeSlot, _millrace_v1_FreeSlot__Output>
      Heartbeat: MessageTypeDefinition<_millrace_v1_Heartbeat, _millrace_v1_Heartbeat__Output>
      InputChannelDeployment: MessageTypeDefinition<_millrace_v1_InputChannelDeployment, _millrace_v1_InputChannelDeployment__Output>
      InputGateDeployment: MessageTypeDefinition<_millrace_v1_InputGateDeployment, _millrace_v1_InputGateDeployment__Output>
      JobCheckpointing: MessageTypeDefinition<_millrace_v1_JobCheckpointing, _millrace_v1_JobCheckpointing__Output>
      JobEdge: MessageTypeDefinition<_millrace_v1_JobEdge, _millrace_v1_JobEdge__Output>
      JobGraph: MessageTypeDefinition<_millrace_v1_JobGraph, _millrace_v1_JobGraph__Output>
      JobInformation: MessageTypeDefinition<_millrace_v1_JobInformation, _millrace_v1_JobInformation__Output>
      JobOperator: MessageTypeDefinition<_millrace_v1_JobOperator, _millrace_v1_JobOperator__Output>
      JobStateOptions: MessageTypeDefinition<_millrace_v1_JobStateOptions, _millrace_v1_JobStateOptions__Output>
      JobVertex: MessageTypeDefinition<_millrace_v1_JobVertex, _millrace_v1_JobVertex__Output>
      KeyGroupRange: MessageTypeDefinition<_millrace_v1_KeyGroupRange, _millrace_v1_KeyGroupRange__Output>
      KeyedStateHandle: MessageTypeDefinition<_millrace_v1_KeyedStateHandle, _millrace_v1_KeyedStateHandle__Output>
      LevelDbOptions: MessageTypeDefinition<_millrace_v1_LevelDbOptions, _millrace_v1_LevelDbOptions__Output>
      Log: MessageTypeDefinition<_millrace_v1_Log, _millrace_v1_Log__Output>
      MetricsReport: MessageTypeDefinition<_millrace_v1_MetricsReport, _millrace_v1_MetricsReport__Output>
      ObjectField: MessageTypeDefinition<_millrace_v1_ObjectField, _millrace_v1_ObjectField__Output>
      OperatorEventToCoordinator: MessageTypeDefinition<_millrace_v1_OperatorEventToCoordinator, _millrace_v1_OperatorEventToCoordinator__Output>
      OperatorEventToTask: MessageTypeDefinition<_millrace_v1_OperatorEventToTask, _millrace_v1_OperatorEventToTask__Output>
      OperatorRestore: MessageTypeDefinition<_millrace_v1_OperatorRestore, _millrace_v1_OperatorRestore__Output>
      OperatorStateHandle: MessageTypeDefinition<_millrace_v1_OperatorStateHandle, _millrace_v1_OperatorStateHandle__Output>
      OperatorStateMode: EnumTypeDefinition
      OperatorStateName: MessageTypeDefinition<_millrace_v1_OperatorStateName, _millrace_v1_OperatorStateName__Output>
      OperatorStateOfSubtask: MessageTypeDefinition<_millrace_v1_OperatorStateOfSubtask, _millrace_v1_OperatorStateOfSubtask__Output>
      OperatorSubtaskState: MessageTypeDefinition<_millrace_v1_OperatorSubtaskState, _millrace_v1_OperatorSubtaskState__Output>
      Partitioner: EnumTypeDefinition
      Refused: MessageTypeDefinition<_millrace_v1_Refused, _millrace_v1_Refused__Output>
      Register: MessageTypeDefinition<_millrace_v1_Register, _millrace_v1_Register__Output>
      Registered: MessageTypeDefinition<_millrace_v1_Registered, _millrace_v1_Registered__Output>
      ReleaseJob: MessageTypeDefinition<_millrace_v1_ReleaseJob, _millrace_v1_ReleaseJob__Output>
      RenamedState: MessageTypeDefinition<_millrace_v1_RenamedState, _millrace_v1_RenamedState__Output>
      RequestLog: MessageTypeDefinition<_millrace_v1_RequestLog, _millrace_v1_RequestLog__Output>
      ResourceManager: SubtypeConstructor<typeof grpc.Client, _millrace_v1_ResourceManagerClient> & { service: _millrace_v1_ResourceManagerDefinition }
      ResultPartitionDeployment: MessageTypeDefinition<_millrace_v1_ResultPartitionDeployment, _millrace_v1_ResultPartitionDeployment__Output>
      Resume: MessageTypeDefinition<_millrace_v1_Resume, _millrace_v1_Resume__Output>
      Resumed: MessageTypeDefinition<_millrace_v1_Resumed, _millrace_v1_Resumed__Output>
      SegmentHandle: MessageTypeDefinition<_millrace_v1_SegmentHandle, _millrace_v1_SegmentHandle__Output>
      SessionFrame: MessageTypeDefinition<_millrace_v1_SessionFrame, _millrace_v1_SessionFrame__Output>
      SessionMessage: MessageTypeDefinition<_millrace_v1_SessionMessage, _millrace_v1_SessionMessage__Output>
      SlotReport: MessageTypeDefinition<_millrace_v1_SlotReport, _millrace_v1_SlotReport__Output>
      SlotState: EnumTypeDefinition
      SlotStatus: MessageTypeDefinition<_millrace_v1_SlotStatus, _millrace_v1_SlotStatus__Output>
      StateBackend: EnumTypeDefinition
      StateBlob: MessageTypeDefinition<_millrace_v1_StateBlob, _millrace_v1_StateBlob__Output>
      StateFile: MessageTypeDefinition<_millrace_v1_StateFile, _millrace_v1_StateFile__Output>
      SubmitTask: MessageTypeDefinition<_millrace_v1_SubmitTask, _millrace_v1_SubmitTask__Output>
      TaskExecutionState: MessageTypeDefinition<_millrace_v1_TaskExecutionState, _millrace_v1_TaskExecutionState__Output>
      TaskExecutorMessage: MessageTypeDefinition<_millrace_v1_TaskExecutorMessage, _millrace_v1_TaskExecutorMessage__Output>
      TaskManagerMessage: MessageTypeDefinition<_millrace_v1_TaskManagerMessage, _millrace_v1_TaskManagerMessage__Output>
      TaskMetrics: MessageTypeDefinition<_millrace_v1_TaskMetrics, _millrace_v1_TaskMetrics__Output>
      TaskRestore: MessageTypeDefinition<_millrace_v1_TaskRestore, _millrace_v1_TaskRestore__Output>
      TaskStateSnapshot: MessageTypeDefinition<_millrace_v1_TaskStateSnapshot, _millrace_v1_TaskStateSnapshot__Output>
      TriggerCheckpoint: MessageTypeDefinition<_millrace_v1_TriggerCheckpoint, _millrace_v1_TriggerCheckpoint__Output>
      TypeDescriptor: MessageTypeDefinition<_millrace_v1_TypeDescriptor, _millrace_v1_TypeDescriptor__Output>
      TypeKind: EnumTypeDefinition
    }
  }
}

