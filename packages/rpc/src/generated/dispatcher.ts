import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AcknowledgeCheckpoint as _millrace_v1_AcknowledgeCheckpoint, AcknowledgeCheckpoint__Output as _millrace_v1_AcknowledgeCheckpoint__Output } from './millrace/v1/AcknowledgeCheckpoint.ts';
import type { BundleChunk as _millrace_v1_BundleChunk, BundleChunk__Output as _millrace_v1_BundleChunk__Output } from './millrace/v1/BundleChunk.ts';
import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from './millrace/v1/BundleReference.ts';
import type { CancelJobRequest as _millrace_v1_CancelJobRequest, CancelJobRequest__Output as _millrace_v1_CancelJobRequest__Output } from './millrace/v1/CancelJobRequest.ts';
import type { CancelJobResponse as _millrace_v1_CancelJobResponse, CancelJobResponse__Output as _millrace_v1_CancelJobResponse__Output } from './millrace/v1/CancelJobResponse.ts';
import type { ChannelRestore as _millrace_v1_ChannelRestore, ChannelRestore__Output as _millrace_v1_ChannelRestore__Output } from './millrace/v1/ChannelRestore.ts';
import type { ChannelStateHandle as _millrace_v1_ChannelStateHandle, ChannelStateHandle__Output as _millrace_v1_ChannelStateHandle__Output } from './millrace/v1/ChannelStateHandle.ts';
import type { CheckpointMetrics as _millrace_v1_CheckpointMetrics, CheckpointMetrics__Output as _millrace_v1_CheckpointMetrics__Output } from './millrace/v1/CheckpointMetrics.ts';
import type { CheckpointNotification as _millrace_v1_CheckpointNotification, CheckpointNotification__Output as _millrace_v1_CheckpointNotification__Output } from './millrace/v1/CheckpointNotification.ts';
import type { CheckpointPhaseReport as _millrace_v1_CheckpointPhaseReport, CheckpointPhaseReport__Output as _millrace_v1_CheckpointPhaseReport__Output } from './millrace/v1/CheckpointPhaseReport.ts';
import type { CheckpointStatistics as _millrace_v1_CheckpointStatistics, CheckpointStatistics__Output as _millrace_v1_CheckpointStatistics__Output } from './millrace/v1/CheckpointStatistics.ts';
import type { ClusterOverview as _millrace_v1_ClusterOverview, ClusterOverview__Output as _millrace_v1_ClusterOverview__Output } from './millrace/v1/ClusterOverview.ts';
import type { CollectedResults as _millrace_v1_CollectedResults, CollectedResults__Output as _millrace_v1_CollectedResults__Output } from './millrace/v1/CollectedResults.ts';
import type { CompletedCheckpointDetails as _millrace_v1_CompletedCheckpointDetails, CompletedCheckpointDetails__Output as _millrace_v1_CompletedCheckpointDetails__Output } from './millrace/v1/CompletedCheckpointDetails.ts';
import type { DeclineCheckpoint as _millrace_v1_DeclineCheckpoint, DeclineCheckpoint__Output as _millrace_v1_DeclineCheckpoint__Output } from './millrace/v1/DeclineCheckpoint.ts';
import type { DispatcherClient as _millrace_v1_DispatcherClient, DispatcherDefinition as _millrace_v1_DispatcherDefinition } from './millrace/v1/Dispatcher.ts';
import type { DrainSources as _millrace_v1_DrainSources, DrainSources__Output as _millrace_v1_DrainSources__Output } from './millrace/v1/DrainSources.ts';
import type { EdgeDetails as _millrace_v1_EdgeDetails, EdgeDetails__Output as _millrace_v1_EdgeDetails__Output } from './millrace/v1/EdgeDetails.ts';
import type { EndOfDataReached as _millrace_v1_EndOfDataReached, EndOfDataReached__Output as _millrace_v1_EndOfDataReached__Output } from './millrace/v1/EndOfDataReached.ts';
import type { ErrorDetail as _millrace_v1_ErrorDetail, ErrorDetail__Output as _millrace_v1_ErrorDetail__Output } from './millrace/v1/ErrorDetail.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from './millrace/v1/ErrorInfo.ts';
import type { FailedCheckpointDetails as _millrace_v1_FailedCheckpointDetails, FailedCheckpointDetails__Output as _millrace_v1_FailedCheckpointDetails__Output } from './millrace/v1/FailedCheckpointDetails.ts';
import type { FailureRecord as _millrace_v1_FailureRecord, FailureRecord__Output as _millrace_v1_FailureRecord__Output } from './millrace/v1/FailureRecord.ts';
import type { FetchResultsRequest as _millrace_v1_FetchResultsRequest, FetchResultsRequest__Output as _millrace_v1_FetchResultsRequest__Output } from './millrace/v1/FetchResultsRequest.ts';
import type { HasBundleRequest as _millrace_v1_HasBundleRequest, HasBundleRequest__Output as _millrace_v1_HasBundleRequest__Output } from './millrace/v1/HasBundleRequest.ts';
import type { HasBundleResponse as _millrace_v1_HasBundleResponse, HasBundleResponse__Output as _millrace_v1_HasBundleResponse__Output } from './millrace/v1/HasBundleResponse.ts';
import type { JobCheckpointing as _millrace_v1_JobCheckpointing, JobCheckpointing__Output as _millrace_v1_JobCheckpointing__Output } from './millrace/v1/JobCheckpointing.ts';
import type { JobDetails as _millrace_v1_JobDetails, JobDetails__Output as _millrace_v1_JobDetails__Output } from './millrace/v1/JobDetails.ts';
import type { JobEdge as _millrace_v1_JobEdge, JobEdge__Output as _millrace_v1_JobEdge__Output } from './millrace/v1/JobEdge.ts';
import type { JobGraph as _millrace_v1_JobGraph, JobGraph__Output as _millrace_v1_JobGraph__Output } from './millrace/v1/JobGraph.ts';
import type { JobInformation as _millrace_v1_JobInformation, JobInformation__Output as _millrace_v1_JobInformation__Output } from './millrace/v1/JobInformation.ts';
import type { JobOperator as _millrace_v1_JobOperator, JobOperator__Output as _millrace_v1_JobOperator__Output } from './millrace/v1/JobOperator.ts';
import type { JobOverview as _millrace_v1_JobOverview, JobOverview__Output as _millrace_v1_JobOverview__Output } from './millrace/v1/JobOverview.ts';
import type { JobStateOptions as _millrace_v1_JobStateOptions, JobStateOptions__Output as _millrace_v1_JobStateOptions__Output } from './millrace/v1/JobStateOptions.ts';
import type { JobSubmission as _millrace_v1_JobSubmission, JobSubmission__Output as _millrace_v1_JobSubmission__Output } from './millrace/v1/JobSubmission.ts';
import type { JobVertex as _millrace_v1_JobVertex, JobVertex__Output as _millrace_v1_JobVertex__Output } from './millrace/v1/JobVertex.ts';
import type { KeyGroupRange as _millrace_v1_KeyGroupRange, KeyGroupRange__Output as _millrace_v1_KeyGroupRange__Output } from './millrace/v1/KeyGroupRange.ts';
import type { KeyedStateHandle as _millrace_v1_KeyedStateHandle, KeyedStateHandle__Output as _millrace_v1_KeyedStateHandle__Output } from './millrace/v1/KeyedStateHandle.ts';
import type { LevelDbOptions as _millrace_v1_LevelDbOptions, LevelDbOptions__Output as _millrace_v1_LevelDbOptions__Output } from './millrace/v1/LevelDbOptions.ts';
import type { ListJobsRequest as _millrace_v1_ListJobsRequest, ListJobsRequest__Output as _millrace_v1_ListJobsRequest__Output } from './millrace/v1/ListJobsRequest.ts';
import type { ListJobsResponse as _millrace_v1_ListJobsResponse, ListJobsResponse__Output as _millrace_v1_ListJobsResponse__Output } from './millrace/v1/ListJobsResponse.ts';
import type { ObjectField as _millrace_v1_ObjectField, ObjectField__Output as _millrace_v1_ObjectField__Output } from './millrace/v1/ObjectField.ts';
import type { OperatorRestore as _millrace_v1_OperatorRestore, OperatorRestore__Output as _millrace_v1_OperatorRestore__Output } from './millrace/v1/OperatorRestore.ts';
import type { OperatorStateHandle as _millrace_v1_OperatorStateHandle, OperatorStateHandle__Output as _millrace_v1_OperatorStateHandle__Output } from './millrace/v1/OperatorStateHandle.ts';
import type { OperatorStateName as _millrace_v1_OperatorStateName, OperatorStateName__Output as _millrace_v1_OperatorStateName__Output } from './millrace/v1/OperatorStateName.ts';
import type { OperatorStateOfSubtask as _millrace_v1_OperatorStateOfSubtask, OperatorStateOfSubtask__Output as _millrace_v1_OperatorStateOfSubtask__Output } from './millrace/v1/OperatorStateOfSubtask.ts';
import type { OperatorSubtaskState as _millrace_v1_OperatorSubtaskState, OperatorSubtaskState__Output as _millrace_v1_OperatorSubtaskState__Output } from './millrace/v1/OperatorSubtaskState.ts';
import type { PendingCheckpointDetails as _millrace_v1_PendingCheckpointDetails, PendingCheckpointDetails__Output as _millrace_v1_PendingCheckpointDetails__Output } from './millrace/v1/PendingCheckpointDetails.ts';
import type { PlannedState as _millrace_v1_PlannedState, PlannedState__Output as _millrace_v1_PlannedState__Output } from './millrace/v1/PlannedState.ts';
import type { RenamedState as _millrace_v1_RenamedState, RenamedState__Output as _millrace_v1_RenamedState__Output } from './millrace/v1/RenamedState.ts';
import type { RequestClusterOverviewRequest as _millrace_v1_RequestClusterOverviewRequest, RequestClusterOverviewRequest__Output as _millrace_v1_RequestClusterOverviewRequest__Output } from './millrace/v1/RequestClusterOverviewRequest.ts';
import type { RequestJobRequest as _millrace_v1_RequestJobRequest, RequestJobRequest__Output as _millrace_v1_RequestJobRequest__Output } from './millrace/v1/RequestJobRequest.ts';
import type { RequestLogsRequest as _millrace_v1_RequestLogsRequest, RequestLogsRequest__Output as _millrace_v1_RequestLogsRequest__Output } from './millrace/v1/RequestLogsRequest.ts';
import type { RequestLogsResponse as _millrace_v1_RequestLogsResponse, RequestLogsResponse__Output as _millrace_v1_RequestLogsResponse__Output } from './millrace/v1/RequestLogsResponse.ts';
import type { RequestSavepointsRequest as _millrace_v1_RequestSavepointsRequest, RequestSavepointsRequest__Output as _millrace_v1_RequestSavepointsRequest__Output } from './millrace/v1/RequestSavepointsRequest.ts';
import type { RequestSavepointsResponse as _millrace_v1_RequestSavepointsResponse, RequestSavepointsResponse__Output as _millrace_v1_RequestSavepointsResponse__Output } from './millrace/v1/RequestSavepointsResponse.ts';
import type { RescaleDetails as _millrace_v1_RescaleDetails, RescaleDetails__Output as _millrace_v1_RescaleDetails__Output } from './millrace/v1/RescaleDetails.ts';
import type { RescaleJobRequest as _millrace_v1_RescaleJobRequest, RescaleJobRequest__Output as _millrace_v1_RescaleJobRequest__Output } from './millrace/v1/RescaleJobRequest.ts';
import type { RescaleJobResponse as _millrace_v1_RescaleJobResponse, RescaleJobResponse__Output as _millrace_v1_RescaleJobResponse__Output } from './millrace/v1/RescaleJobResponse.ts';
import type { RestorePlan as _millrace_v1_RestorePlan, RestorePlan__Output as _millrace_v1_RestorePlan__Output } from './millrace/v1/RestorePlan.ts';
import type { RestoredCheckpointDetails as _millrace_v1_RestoredCheckpointDetails, RestoredCheckpointDetails__Output as _millrace_v1_RestoredCheckpointDetails__Output } from './millrace/v1/RestoredCheckpointDetails.ts';
import type { SavepointDetails as _millrace_v1_SavepointDetails, SavepointDetails__Output as _millrace_v1_SavepointDetails__Output } from './millrace/v1/SavepointDetails.ts';
import type { SegmentHandle as _millrace_v1_SegmentHandle, SegmentHandle__Output as _millrace_v1_SegmentHandle__Output } from './millrace/v1/SegmentHandle.ts';
import type { StateBlob as _millrace_v1_StateBlob, StateBlob__Output as _millrace_v1_StateBlob__Output } from './millrace/v1/StateBlob.ts';
import type { StateFile as _millrace_v1_StateFile, StateFile__Output as _millrace_v1_StateFile__Output } from './millrace/v1/StateFile.ts';
import type { SubmitJobResponse as _millrace_v1_SubmitJobResponse, SubmitJobResponse__Output as _millrace_v1_SubmitJobResponse__Output } from './millrace/v1/SubmitJobResponse.ts';
import type { SubtaskDetails as _millrace_v1_SubtaskDetails, SubtaskDetails__Output as _millrace_v1_SubtaskDetails__Output } from './millrace/v1/SubtaskDetails.ts';
import type { TaskManagerOverview as _millrace_v1_TaskManagerOverview, TaskManagerOverview__Output as _millrace_v1_TaskManagerOverview__Output } from './millrace/v1/TaskManagerOverview.ts';
import type { TaskMetrics as _millrace_v1_TaskMetrics, TaskMetrics__Output as _millrace_v1_TaskMetrics__Output } from './millrace/v1/TaskMetrics.ts';
import type { TaskProgress as _millrace_v1_TaskProgress, TaskProgress__Output as _millrace_v1_TaskProgress__Output } from './millrace/v1/TaskProgress.ts';
import type { TaskRestore as _millrace_v1_TaskRestore, TaskRestore__Output as _millrace_v1_TaskRestore__Output } from './millrace/v1/TaskRestore.ts';
import type { TaskStateSnapshot as _millrace_v1_TaskStateSnapshot, TaskStateSnapshot__Output as _millrace_v1_TaskStateSnapshot__Output } from './millrace/v1/TaskStateSnapshot.ts';
import type { TriggerCheckpoint as _millrace_v1_TriggerCheckpoint, TriggerCheckpoint__Output as _millrace_v1_TriggerCheckpoint__Output } from './millrace/v1/TriggerCheckpoint.ts';
import type { TriggerSavepointRequest as _millrace_v1_TriggerSavepointRequest, TriggerSavepointRequest__Output as _millrace_v1_TriggerSavepointRequest__Output } from './millrace/v1/TriggerSavepointRequest.ts';
import type { TriggerSavepointResponse as _millrace_v1_TriggerSavepointResponse, TriggerSavepointResponse__Output as _millrace_v1_TriggerSavepointResponse__Output } from './millrace/v1/TriggerSavepointResponse.ts';
import type { TypeDescriptor as _millrace_v1_TypeDescriptor, TypeDescriptor__Output as _millrace_v1_TypeDescriptor__Output } from './millrace/v1/TypeDescriptor.ts';
import type { UploadBundleRequest as _millrace_v1_UploadBundleRequest, UploadBundleRequest__Output as _millrace_v1_UploadBundleRequest__Output } from './millrace/v1/UploadBundleRequest.ts';
import type { UploadBundleResponse as _millrace_v1_UploadBundleResponse, UploadBundleResponse__Output as _millrace_v1_UploadBundleResponse__Output } from './millrace/v1/UploadBundleResponse.ts';
import type { VertexDetails as _millrace_v1_VertexDetails, VertexDetails__Output as _millrace_v1_VertexDetails__Output } from './millrace/v1/VertexDetails.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  millrace: {
    v1: {
      AcknowledgeCheckpoint: MessageTypeDefinition<_millrace_v1_AcknowledgeCheckpoint, _millrace_v1_AcknowledgeCheckpoint__Output>
      Blame: EnumTypeDefinition
      Boundedness: EnumTypeDefinition
      BundleChunk: MessageTypeDefinition<_millrace_v1_BundleChunk, _millrace_v1_BundleChunk__Output>
      BundleReference: MessageTypeDefinition<_millrace_v1_BundleReference, _millrace_v1_BundleReference__Output>
      CancelJobRequest: MessageTypeDefinition<_millrace_v1_CancelJobRequest, _millrace_v1_CancelJobRequest__Output>
      CancelJobResponse: MessageTypeDefinition<_millrace_v1_CancelJobResponse, _millrace_v1_CancelJobResponse__Output>
      ChannelEnd: EnumTypeDefinition
      ChannelRestore: MessageTypeDefinition<_millrace_v1_ChannelRestore, _millrace_v1_ChannelRestore__Output>
      ChannelStateHandle: MessageTypeDefinition<_millrace_v1_ChannelStateHandle, _millrace_v1_ChannelStateHandle__Output>
      CheckpointMetrics: MessageTypeDefinition<_millrace_v1_CheckpointMetrics, _millrace_v1_CheckpointMetrics__Output>
      CheckpointNotification: MessageTypeDefinition<_millrace_v1_CheckpointNotification, _millrace_v1_CheckpointNotification__Output>
      CheckpointPhase: EnumTypeDefinition
      CheckpointPhaseReport: MessageTypeDefinition<_millrace_v1_CheckpointPhaseReport, _millrace_v1_CheckpointPhaseReport__Output>
      CheckpointPurpose: EnumTypeDefinition
      CheckpointStatistics: MessageTypeDefinition<_millrace_v1_CheckpointStatistics, _millrace_v1_CheckpointStatistics__Output>
      CheckpointingMode: EnumTypeDefinition
      ClusterOverview: MessageTypeDefinition<_millrace_v1_ClusterOverview, _millrace_v1_ClusterOverview__Output>
      CollectedResults: MessageTypeDefinition<_millrace_v1_CollectedResults, _millrace_v1_CollectedResults__Output>
      CompletedCheckpointDetails: MessageTypeDefinition<_millrace_v1_CompletedCheckpointDetails, _millrace_v1_CompletedCheckpointDetails__Output>
      DeclineCheckpoint: MessageTypeDefinition<_millrace_v1_DeclineCheckpoint, _millrace_v1_DeclineCheckpoint__Output>
      Dispatcher: SubtypeConstructor<typeof grpc.Client, _millrace_v1_DispatcherClient> & { service: _millrace_v1_DispatcherDefinition }
      Disposition: EnumTypeDefinition
      DrainSources: MessageTypeDefinition<_millrace_v1_DrainSources, _millrace_v1_DrainSources__Output>
      EdgeDetails: MessageTypeDefinition<_millrace_v1_EdgeDetails, _millrace_v1_EdgeDetails__Output>
      EndOfDataReached: MessageTypeDefinition<_millrace_v1_EndOfDataReached, _millrace_v1_EndOfDataReached__Output>
      ErrorDetail: MessageTypeDefinition<_millrace_v1_ErrorDetail, _millrace_v1_ErrorDetail__Output>
      ErrorInfo: MessageTypeDefinition<_millrace_v1_ErrorInfo, _millrace_v1_ErrorInfo__Output>
      ExecutionState: EnumTypeDefinition
      FailedCheckpointDetails: MessageTypeDefinition<_millrace_v1_FailedCheckpointDetails, _millrace_v1_FailedCheckpointDetails__Output>
      FailureRecord: MessageTypeDefinition<_millrace_v1_FailureRecord, _millrace_v1_FailureRecord__Output>
      FetchResultsRequest: MessageTypeDefinition<_millrace_v1_FetchResultsRequest, _millrace_v1_FetchResultsRequest__Output>
      HasBundleRequest: MessageTypeDefinition<_millrace_v1_HasBundleRequest, _millrace_v1_HasBundleRequest__Output>
      HasBundleResponse: MessageTypeDefinition<_millrace_v1_HasBundleResponse, _millrace_v1_HasBundleResponse__Output>
      JobCheckpointing: MessageTypeDefinition<_millrace_v1_JobCheckpointing, _millrace_v1_JobCheckpointing__Output>
      JobDetails: MessageTypeDefinition<_millrace_v1_JobDetails, _millrace_v1_JobDetails__Output>
      JobEdge: MessageTypeDefinition<_millrace_v1_JobEdge, _millrace_v1_JobEdge__Output>
      JobGraph: MessageTypeDefinition<_millrace_v1_JobGraph, _millrace_v1_JobGraph__Output>
      JobInformation: MessageTypeDefinition<_millrace_v1_JobInformation, _millrace_v1_JobInformation__Output>
      JobOperator: MessageTypeDefinition<_millrace_v1_JobOperator, _millrace_v1_JobOperator__Output>
      JobOverview: MessageTypeDefinition<_millrace_v1_JobOverview, _millrace_v1_JobOverview__Output>
      JobStateOptions: MessageTypeDefinition<_millrace_v1_JobStateOptions, _millrace_v1_JobStateOptions__Output>
      JobStatus: EnumTypeDefinition
      JobSubmission: MessageTypeDefinition<_millrace_v1_JobSubmission, _millrace_v1_JobSubmission__Output>
      JobVertex: MessageTypeDefinition<_millrace_v1_JobVertex, _millrace_v1_JobVertex__Output>
      KeyGroupRange: MessageTypeDefinition<_millrace_v1_KeyGroupRange, _millrace_v1_KeyGroupRange__Output>
      KeyedStateHandle: MessageTypeDefinition<_millrace_v1_KeyedStateHandle, _millrace_v1_KeyedStateHandle__Output>
      LevelDbOptions: MessageTypeDefinition<_millrace_v1_LevelDbOptions, _millrace_v1_LevelDbOptions__Output>
      ListJobsRequest: MessageTypeDefinition<_millrace_v1_ListJobsRequest, _millrace_v1_ListJobsRequest__Output>
      ListJobsResponse: MessageTypeDefinition<_millrace_v1_ListJobsResponse, _millrace_v1_ListJobsResponse__Output>
      ObjectField: MessageTypeDefinition<_millrace_v1_ObjectField, _millrace_v1_ObjectField__Output>
      OperatorRestore: MessageTypeDefinition<_millrace_v1_OperatorRestore, _millrace_v1_OperatorRestore__Output>
      OperatorStateHandle: MessageTypeDefinition<_millrace_v1_OperatorStateHandle, _millrace_v1_OperatorStateHandle__Output>
      OperatorStateMode: EnumTypeDefinition
      OperatorStateName: MessageTypeDefinition<_millrace_v1_OperatorStateName, _millrace_v1_OperatorStateName__Output>
      OperatorStateOfSubtask: MessageTypeDefinition<_millrace_v1_OperatorStateOfSubtask, _millrace_v1_OperatorStateOfSubtask__Output>
      OperatorSubtaskState: MessageTypeDefinition<_millrace_v1_OperatorSubtaskState, _millrace_v1_OperatorSubtaskState__Output>
      Partitioner: EnumTypeDefinition
      PendingCheckpointDetails: MessageTypeDefinition<_millrace_v1_PendingCheckpointDetails, _millrace_v1_PendingCheckpointDetails__Output>
      PlannedState: MessageTypeDefinition<_millrace_v1_PlannedState, _millrace_v1_PlannedState__Output>
      RenamedState: MessageTypeDefinition<_millrace_v1_RenamedState, _millrace_v1_RenamedState__Output>
      RequestClusterOverviewRequest: MessageTypeDefinition<_millrace_v1_RequestClusterOverviewRequest, _millrace_v1_RequestClusterOverviewRequest__Output>
      RequestJobRequest: MessageTypeDefinition<_millrace_v1_RequestJobRequest, _millrace_v1_RequestJobRequest__Output>
      RequestLogsRequest: MessageTypeDefinition<_millrace_v1_RequestLogsRequest, _millrace_v1_RequestLogsRequest__Output>
      RequestLogsResponse: MessageTypeDefinition<_millrace_v1_RequestLogsResponse, _millrace_v1_RequestLogsResponse__Output>
      RequestSavepointsRequest: MessageTypeDefinition<_millrace_v1_RequestSavepointsRequest, _millrace_v1_RequestSavepointsRequest__Output>
      RequestSavepointsResponse: MessageTypeDefinition<_millrace_v1_RequestSavepointsResponse, _millrace_v1_RequestSavepointsResponse__Output>
      RescaleCause: EnumTypeDefinition
      RescaleDetails: MessageTypeDefinition<_millrace_v1_RescaleDetails, _millrace_v1_RescaleDetails__Output>
      RescaleJobRequest: MessageTypeDefinition<_millrace_v1_RescaleJobRequest, _millrace_v1_RescaleJobRequest__Output>
      RescaleJobResponse: MessageTypeDefinition<_millrace_v1_RescaleJobResponse, _millrace_v1_RescaleJobResponse__Output>
      RescaleState: EnumTypeDefinition
      RestorePlan: MessageTypeDefinition<_millrace_v1_RestorePlan, _millrace_v1_RestorePlan__Output>
      RestoreVerdict: EnumTypeDefinition
      RestoredCheckpointDetails: MessageTypeDefinition<_millrace_v1_RestoredCheckpointDetails, _millrace_v1_RestoredCheckpointDetails__Output>
      SavepointDetails: MessageTypeDefinition<_millrace_v1_SavepointDetails, _millrace_v1_SavepointDetails__Output>
      SavepointGoal: EnumTypeDefinition
      SavepointState: EnumTypeDefinition
      SegmentHandle: MessageTypeDefinition<_millrace_v1_SegmentHandle, _millrace_v1_SegmentHandle__Output>
      StateBackend: EnumTypeDefinition
      StateBlob: MessageTypeDefinition<_millrace_v1_StateBlob, _millrace_v1_StateBlob__Output>
      StateFile: MessageTypeDefinition<_millrace_v1_StateFile, _millrace_v1_StateFile__Output>
      SubmitJobResponse: MessageTypeDefinition<_millrace_v1_SubmitJobResponse, _millrace_v1_SubmitJobResponse__Output>
      SubtaskDetails: MessageTypeDefinition<_millrace_v1_SubtaskDetails, _millrace_v1_SubtaskDetails__Output>
      TaskManagerOverview: MessageTypeDefinition<_millrace_v1_TaskManagerOverview, _millrace_v1_TaskManagerOverview__Output>
      TaskManagerState: EnumTypeDefinition
      TaskMetrics: MessageTypeDefinition<_millrace_v1_TaskMetrics, _millrace_v1_TaskMetrics__Output>
      TaskProgress: MessageTypeDefinition<_millrace_v1_TaskProgress, _millrace_v1_TaskProgress__Output>
      TaskRestore: MessageTypeDefinition<_millrace_v1_TaskRestore, _millrace_v1_TaskRestore__Output>
      TaskStateSnapshot: MessageTypeDefinition<_millrace_v1_TaskStateSnapshot, _millrace_v1_TaskStateSnapshot__Output>
      TriggerCheckpoint: MessageTypeDefinition<_millrace_v1_TriggerCheckpoint, _millrace_v1_TriggerCheckpoint__Output>
      TriggerSavepointRequest: MessageTypeDefinition<_millrace_v1_TriggerSavepointRequest, _millrace_v1_TriggerSavepointRequest__Output>
      TriggerSavepointResponse: MessageTypeDefinition<_millrace_v1_TriggerSavepointResponse, _millrace_v1_TriggerSavepointResponse__Output>
      TypeDescriptor: MessageTypeDefinition<_millrace_v1_TypeDescriptor, _millrace_v1_TypeDescriptor__Output>
      TypeKind: EnumTypeDefinition
      UploadBundleRequest: MessageTypeDefinition<_millrace_v1_UploadBundleRequest, _millrace_v1_UploadBundleRequest__Output>
      UploadBundleResponse: MessageTypeDefinition<_millrace_v1_UploadBundleResponse, _millrace_v1_UploadBundleResponse__Output>
      VertexDetails: MessageTypeDefinition<_millrace_v1_VertexDetails, _millrace_v1_VertexDetails__Output>
    }
  }
}

