import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BundleChunk as _millrace_v1_BundleChunk, BundleChunk__Output as _millrace_v1_BundleChunk__Output } from './millrace/v1/BundleChunk.ts';
import type { BundleReference as _millrace_v1_BundleReference, BundleReference__Output as _millrace_v1_BundleReference__Output } from './millrace/v1/BundleReference.ts';
import type { CancelJobRequest as _millrace_v1_CancelJobRequest, CancelJobRequest__Output as _millrace_v1_CancelJobRequest__Output } from './millrace/v1/CancelJobRequest.ts';
import type { CancelJobResponse as _millrace_v1_CancelJobResponse, CancelJobResponse__Output as _millrace_v1_CancelJobResponse__Output } from './millrace/v1/CancelJobResponse.ts';
import type { ClusterOverview as _millrace_v1_ClusterOverview, ClusterOverview__Output as _millrace_v1_ClusterOverview__Output } from './millrace/v1/ClusterOverview.ts';
import type { CollectedResults as _millrace_v1_CollectedResults, CollectedResults__Output as _millrace_v1_CollectedResults__Output } from './millrace/v1/CollectedResults.ts';
import type { DispatcherClient as _millrace_v1_DispatcherClient, DispatcherDefinition as _millrace_v1_DispatcherDefinition } from './millrace/v1/Dispatcher.ts';
import type { EdgeDetails as _millrace_v1_EdgeDetails, EdgeDetails__Output as _millrace_v1_EdgeDetails__Output } from './millrace/v1/EdgeDetails.ts';
import type { ErrorDetail as _millrace_v1_ErrorDetail, ErrorDetail__Output as _millrace_v1_ErrorDetail__Output } from './millrace/v1/ErrorDetail.ts';
import type { ErrorInfo as _millrace_v1_ErrorInfo, ErrorInfo__Output as _millrace_v1_ErrorInfo__Output } from './millrace/v1/ErrorInfo.ts';
import type { FailureRecord as _millrace_v1_FailureRecord, FailureRecord__Output as _millrace_v1_FailureRecord__Output } from './millrace/v1/FailureRecord.ts';
import type { FetchResultsRequest as _millrace_v1_FetchResultsRequest, FetchResultsRequest__Output as _millrace_v1_FetchResultsRequest__Output } from './millrace/v1/FetchResultsRequest.ts';
import type { HasBundleRequest as _millrace_v1_HasBundleRequest, HasBundleRequest__Output as _millrace_v1_HasBundleRequest__Output } from './millrace/v1/HasBundleRequest.ts';
import type { HasBundleResponse as _millrace_v1_HasBundleResponse, HasBundleResponse__Output as _millrace_v1_HasBundleResponse__Output } from './millrace/v1/HasBundleResponse.ts';
import type { JobDetails as _millrace_v1_JobDetails, JobDetails__Output as _millrace_v1_JobDetails__Output } from './millrace/v1/JobDetails.ts';
import type { JobEdge as _millrace_v1_JobEdge, JobEdge__Output as _millrace_v1_JobEdge__Output } from './millrace/v1/JobEdge.ts';
import type { JobGraph as _millrace_v1_JobGraph, JobGraph__Output as _millrace_v1_JobGraph__Output } from './millrace/v1/JobGraph.ts';
import type { JobInformation as _millrace_v1_JobInformation, JobInformation__Output as _millrace_v1_JobInformation__Output } from './millrace/v1/JobInformation.ts';
import type { JobOperator as _millrace_v1_JobOperator, JobOperator__Output as _millrace_v1_JobOperator__Output } from './millrace/v1/JobOperator.ts';
import type { JobOverview as _millrace_v1_JobOverview, JobOverview__Output as _millrace_v1_JobOverview__Output } from './millrace/v1/JobOverview.ts';
import type { JobSubmission as _millrace_v1_JobSubmission, JobSubmission__Output as _millrace_v1_JobSubmission__Output } from './millrace/v1/JobSubmission.ts';
import type { JobVertex as _millrace_v1_JobVertex, JobVertex__Output as _millrace_v1_JobVertex__Output } from './millrace/v1/JobVertex.ts';
import type { ListJobsRequest as _millrace_v1_ListJobsRequest, ListJobsRequest__Output as _millrace_v1_ListJobsRequest__Output } from './millrace/v1/ListJobsRequest.ts';
import type { ListJobsResponse as _millrace_v1_ListJobsResponse, ListJobsResponse__Output as _millrace_v1_ListJobsResponse__Output } from './millrace/v1/ListJobsResponse.ts';
import type { ObjectField as _millrace_v1_ObjectField, ObjectField__Output as _millrace_v1_ObjectField__Output } from './millrace/v1/ObjectField.ts';
import type { RequestClusterOverviewRequest as _millrace_v1_RequestClusterOverviewRequest, RequestClusterOverviewRequest__Output as _millrace_v1_RequestClusterOverviewRequest__Output } from './millrace/v1/RequestClusterOverviewRequest.ts';
import type { RequestJobRequest as _millrace_v1_RequestJobRequest, RequestJobRequest__Output as _millrace_v1_RequestJobRequest__Output } from './millrace/v1/RequestJobRequest.ts';
import type { RequestLogsRequest as _millrace_v1_RequestLogsRequest, RequestLogsRequest__Output as _millrace_v1_RequestLogsRequest__Output } from './millrace/v1/RequestLogsRequest.ts';
import type { RequestLogsResponse as _millrace_v1_RequestLogsResponse, RequestLogsResponse__Output as _millrace_v1_RequestLogsResponse__Output } from './millrace/v1/RequestLogsResponse.ts';
import type { SubmitJobResponse as _millrace_v1_SubmitJobResponse, SubmitJobResponse__Output as _millrace_v1_SubmitJobResponse__Output } from './millrace/v1/SubmitJobResponse.ts';
import type { SubtaskDetails as _millrace_v1_SubtaskDetails, SubtaskDetails__Output as _millrace_v1_SubtaskDetails__Output } from './millrace/v1/SubtaskDetails.ts';
import type { TaskManagerOverview as _millrace_v1_TaskManagerOverview, TaskManagerOverview__Output as _millrace_v1_TaskManagerOverview__Output } from './millrace/v1/TaskManagerOverview.ts';
import type { TaskMetrics as _millrace_v1_TaskMetrics, TaskMetrics__Output as _millrace_v1_TaskMetrics__Output } from './millrace/v1/TaskMetrics.ts';
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
      Blame: EnumTypeDefinition
      Boundedness: EnumTypeDefinition
      BundleChunk: MessageTypeDefinition<_millrace_v1_BundleChunk, _millrace_v1_BundleChunk__Output>
      BundleReference: MessageTypeDefinition<_millrace_v1_BundleReference, _millrace_v1_BundleReference__Output>
      CancelJobRequest: MessageTypeDefinition<_millrace_v1_CancelJobRequest, _millrace_v1_CancelJobRequest__Output>
      CancelJobResponse: MessageTypeDefinition<_millrace_v1_CancelJobResponse, _millrace_v1_CancelJobResponse__Output>
      ClusterOverview: MessageTypeDefinition<_millrace_v1_ClusterOverview, _millrace_v1_ClusterOverview__Output>
      CollectedResults: MessageTypeDefinition<_millrace_v1_CollectedResults, _millrace_v1_CollectedResults__Output>
      Dispatcher: SubtypeConstructor<typeof grpc.Client, _millrace_v1_DispatcherClient> & { service: _millrace_v1_DispatcherDefinition }
      Disposition: EnumTypeDefinition
      EdgeDetails: MessageTypeDefinition<_millrace_v1_EdgeDetails, _millrace_v1_EdgeDetails__Output>
      ErrorDetail: MessageTypeDefinition<_millrace_v1_ErrorDetail, _millrace_v1_ErrorDetail__Output>
      ErrorInfo: MessageTypeDefinition<_millrace_v1_ErrorInfo, _millrace_v1_ErrorInfo__Output>
      ExecutionState: EnumTypeDefinition
      FailureRecord: MessageTypeDefinition<_millrace_v1_FailureRecord, _millrace_v1_FailureRecord__Output>
      FetchResultsRequest: MessageTypeDefinition<_millrace_v1_FetchResultsRequest, _millrace_v1_FetchResultsRequest__Output>
      HasBundleRequest: MessageTypeDefinition<_millrace_v1_HasBundleRequest, _millrace_v1_HasBundleRequest__Output>
      HasBundleResponse: MessageTypeDefinition<_millrace_v1_HasBundleResponse, _millrace_v1_HasBundleResponse__Output>
      JobDetails: MessageTypeDefinition<_millrace_v1_JobDetails, _millrace_v1_JobDetails__Output>
      JobEdge: MessageTypeDefinition<_millrace_v1_JobEdge, _millrace_v1_JobEdge__Output>
      JobGraph: MessageTypeDefinition<_millrace_v1_JobGraph, _millrace_v1_JobGraph__Output>
      JobInformation: MessageTypeDefinition<_millrace_v1_JobInformation, _millrace_v1_JobInformation__Output>
      JobOperator: MessageTypeDefinition<_millrace_v1_JobOperator, _millrace_v1_JobOperator__Output>
      JobOverview: MessageTypeDefinition<_millrace_v1_JobOverview, _millrace_v1_JobOverview__Output>
      JobStatus: EnumTypeDefinition
      JobSubmission: MessageTypeDefinition<_millrace_v1_JobSubmission, _millrace_v1_JobSubmission__Output>
      JobVertex: MessageTypeDefinition<_millrace_v1_JobVertex, _millrace_v1_JobVertex__Output>
      ListJobsRequest: MessageTypeDefinition<_millrace_v1_ListJobsRequest, _millrace_v1_ListJobsRequest__Output>
      ListJobsResponse: MessageTypeDefinition<_millrace_v1_ListJobsResponse, _millrace_v1_ListJobsResponse__Output>
      ObjectField: MessageTypeDefinition<_millrace_v1_ObjectField, _millrace_v1_ObjectField__Output>
      Partitioner: EnumTypeDefinition
      RequestClusterOverviewRequest: MessageTypeDefinition<_millrace_v1_RequestClusterOverviewRequest, _millrace_v1_RequestClusterOverviewRequest__Output>
      RequestJobRequest: MessageTypeDefinition<_millrace_v1_RequestJobRequest, _millrace_v1_RequestJobRequest__Output>
      RequestLogsRequest: MessageTypeDefinition<_millrace_v1_RequestLogsRequest, _millrace_v1_RequestLogsRequest__Output>
      RequestLogsResponse: MessageTypeDefinition<_millrace_v1_RequestLogsResponse, _millrace_v1_RequestLogsResponse__Output>
      SubmitJobResponse: MessageTypeDefinition<_millrace_v1_SubmitJobResponse, _millrace_v1_SubmitJobResponse__Output>
      SubtaskDetails: MessageTypeDefinition<_millrace_v1_SubtaskDetails, _millrace_v1_SubtaskDetails__Output>
      TaskManagerOverview: MessageTypeDefinition<_millrace_v1_TaskManagerOverview, _millrace_v1_TaskManagerOverview__Output>
      TaskManagerState: EnumTypeDefinition
      TaskMetrics: MessageTypeDefinition<_millrace_v1_TaskMetrics, _millrace_v1_TaskMetrics__Output>
      TypeDescriptor: MessageTypeDefinition<_millrace_v1_TypeDescriptor, _millrace_v1_TypeDescriptor__Output>
      TypeKind: EnumTypeDefinition
      UploadBundleRequest: MessageTypeDefinition<_millrace_v1_UploadBundleRequest, _millrace_v1_UploadBundleRequest__Output>
      UploadBundleResponse: MessageTypeDefinition<_millrace_v1_UploadBundleResponse, _millrace_v1_UploadBundleResponse__Output>
      VertexDetails: MessageTypeDefinition<_millrace_v1_VertexDetails, _millrace_v1_VertexDetails__Output>
    }
  }
}

