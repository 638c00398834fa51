// Original file: proto/dispatcher.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancelJobRequest as _millrace_v1_CancelJobRequest, CancelJobRequest__Output as _millrace_v1_CancelJobRequest__Output } from '../../millrace/v1/CancelJobRequest.ts';
import type { CancelJobResponse as _millrace_v1_CancelJobResponse, CancelJobResponse__Output as _millrace_v1_CancelJobResponse__Output } from '../../millrace/v1/CancelJobResponse.ts';
import type { ClusterOverview as _millrace_v1_ClusterOverview, ClusterOverview__Output as _millrace_v1_ClusterOverview__Output } from '../../millrace/v1/ClusterOverview.ts';
import type { CollectedResults as _millrace_v1_CollectedResults, CollectedResults__Output as _millrace_v1_CollectedResults__Output } from '../../millrace/v1/CollectedResults.ts';
import type { FetchResultsRequest as _millrace_v1_FetchResultsRequest, FetchResultsRequest__Output as _millrace_v1_FetchResultsRequest__Output } from '../../millrace/v1/FetchResultsRequest.ts';
import type { HasBundleRequest as _millrace_v1_HasBundleRequest, HasBundleRequest__Output as _millrace_v1_HasBundleRequest__Output } from '../../millrace/v1/HasBundleRequest.ts';
import type { HasBundleResponse as _millrace_v1_HasBundleResponse, HasBundleResponse__Output as _millrace_v1_HasBundleResponse__Output } from '../../millrace/v1/HasBundleResponse.ts';
import type { JobDetails as _millrace_v1_JobDetails, JobDetails__Output as _millrace_v1_JobDetails__Output } from '../../millrace/v1/JobDetails.ts';
import type { JobGraph as _millrace_v1_JobGraph, JobGraph__Output as _millrace_v1_JobGraph__Output } from '../../millrace/v1/JobGraph.ts';
import type { JobSubmission as _millrace_v1_JobSubmission, JobSubmission__Output as _millrace_v1_JobSubmission__Output } from '../../millrace/v1/JobSubmission.ts';
import type { ListJobsRequest as _millrace_v1_ListJobsRequest, ListJobsRequest__Output as _millrace_v1_ListJobsRequest__Output } from '../../millrace/v1/ListJobsRequest.ts';
import type { ListJobsResponse as _millrace_v1_ListJobsResponse, ListJobsResponse__Output as _millrace_v1_ListJobsResponse__Output } from '../../millrace/v1/ListJobsResponse.ts';
import type { RequestClusterOverviewRequest as _millrace_v1_RequestClusterOverviewRequest, RequestClusterOverviewRequest__Output as _millrace_v1_RequestClusterOverviewRequest__Output } from '../../millrace/v1/RequestClusterOverviewRequest.ts';
import type { RequestJobRequest as _millrace_v1_RequestJobRequest, RequestJobRequest__Output as _millrace_v1_RequestJobRequest__Output } from '../../millrace/v1/RequestJobRequest.ts';
import type { RequestLogsRequest as _millrace_v1_RequestLogsRequest, RequestLogsRequest__Output as _millrace_v1_RequestLogsRequest__Output } from '../../millrace/v1/RequestLogsRequest.ts';
import type { RequestLogsResponse as _millrace_v1_RequestLogsResponse, RequestLogsResponse__Output as _millrace_v1_RequestLogsResponse__Output } from '../../millrace/v1/RequestLogsResponse.ts';
import type { RequestSavepointsRequest as _millrace_v1_RequestSavepointsRequest, RequestSavepointsRequest__Output as _millrace_v1_RequestSavepointsRequest__Output } from '../../millrace/v1/RequestSavepointsRequest.ts';
import type { RequestSavepointsResponse as _millrace_v1_RequestSavepointsResponse, RequestSavepointsResponse__Output as _millrace_v1_RequestSavepointsResponse__Output } from '../../millrace/v1/RequestSavepointsResponse.ts';
import type { RescaleJobRequest as _millrace_v1_RescaleJobRequest, RescaleJobRequest__Output as _millrace_v1_RescaleJobRequest__Output } from '../../millrace/v1/RescaleJobRequest.ts';
import type { RescaleJobResponse as _millrace_v1_RescaleJobResponse, RescaleJobResponse__Output as _millrace_v1_RescaleJobResponse__Output } from '../../millrace/v1/RescaleJobResponse.ts';
import type { RestorePlan as _millrace_v1_RestorePlan, RestorePlan__Output as _millrace_v1_RestorePlan__Output } from '../../millrace/v1/RestorePlan.ts';
import type { SubmitJobResponse as _millrace_v1_SubmitJobResponse, SubmitJobResponse__Output as _millrace_v1_SubmitJobResponse__Output } from '../../millrace/v1/SubmitJobResponse.ts';
import type { TriggerSavepointRequest as _millrace_v1_TriggerSavepointRequest, TriggerSavepointRequest__Output as _millrace_v1_TriggerSavepointRequest__Output } from '../../millrace/v1/TriggerSavepointRequest.ts';
import type { TriggerSavepointResponse as _millrace_v1_TriggerSavepointResponse, TriggerSavepointResponse__Output as _millrace_v1_TriggerSavepointResponse__Output } from '../../millrace/v1/TriggerSavepointResponse.ts';
import type { UploadBundleRequest as _millrace_v1_UploadBundleRequest, UploadBundleRequest__Output as _millrace_v1_UploadBundleRequest__Output } from '../../millrace/v1/UploadBundleRequest.ts';
import type { UploadBundleResponse as _millrace_v1_UploadBundleResponse, UploadBundleResponse__Output as _millrace_v1_UploadBundleResponse__Output } from '../../millrace/v1/UploadBundleResponse.ts';

export interface DispatcherClient extends grpc.Client {
  /**
   * Answers when canceling has begun.
   */
  CancelJob(argument: _millrace_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _millrace_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _millrace_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  CancelJob(argument: _millrace_v1_CancelJobRequest, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Answers when canceling has begun.
   */
  cancelJob(argument: _millrace_v1_CancelJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _millrace_v1_CancelJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _millrace_v1_CancelJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  cancelJob(argument: _millrace_v1_CancelJobRequest, callback: grpc.requestCallback<_millrace_v1_CancelJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes results of a collect sink; waits for some.
   */
  FetchResults(argument: _millrace_v1_FetchResultsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  FetchResults(argument: _millrace_v1_FetchResultsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  FetchResults(argument: _millrace_v1_FetchResultsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  FetchResults(argument: _millrace_v1_FetchResultsRequest, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  /**
   * Takes results of a collect sink; waits for some.
   */
  fetchResults(argument: _millrace_v1_FetchResultsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  fetchResults(argument: _millrace_v1_FetchResultsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  fetchResults(argument: _millrace_v1_FetchResultsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  fetchResults(argument: _millrace_v1_FetchResultsRequest, callback: grpc.requestCallback<_millrace_v1_CollectedResults__Output>): grpc.ClientUnaryCall;
  
  HasBundle(argument: _millrace_v1_HasBundleRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  HasBundle(argument: _millrace_v1_HasBundleRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  HasBundle(argument: _millrace_v1_HasBundleRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  HasBundle(argument: _millrace_v1_HasBundleRequest, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  hasBundle(argument: _millrace_v1_HasBundleRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  hasBundle(argument: _millrace_v1_HasBundleRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  hasBundle(argument: _millrace_v1_HasBundleRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  hasBundle(argument: _millrace_v1_HasBundleRequest, callback: grpc.requestCallback<_millrace_v1_HasBundleResponse__Output>): grpc.ClientUnaryCall;
  
  ListJobs(argument: _millrace_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _millrace_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _millrace_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  ListJobs(argument: _millrace_v1_ListJobsRequest, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _millrace_v1_ListJobsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _millrace_v1_ListJobsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _millrace_v1_ListJobsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  listJobs(argument: _millrace_v1_ListJobsRequest, callback: grpc.requestCallback<_millrace_v1_ListJobsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Builds the graph only.
   */
  PlanJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  PlanJob(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  /**
   * Builds the graph only.
   */
  planJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  planJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  planJob(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  planJob(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_JobGraph__Output>): grpc.ClientUnaryCall;
  
  /**
   * Builds the graph, and says what would become of the savepoint that the job is to begin with.
   */
  PlanRestore(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  PlanRestore(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  PlanRestore(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  PlanRestore(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  /**
   * Builds the graph, and says what would become of the savepoint that the job is to begin with.
   */
  planRestore(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  planRestore(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  planRestore(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  planRestore(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_RestorePlan__Output>): grpc.ClientUnaryCall;
  
  RequestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  RequestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  RequestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  RequestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  requestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  requestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  requestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  requestClusterOverview(argument: _millrace_v1_RequestClusterOverviewRequest, callback: grpc.requestCallback<_millrace_v1_ClusterOverview__Output>): grpc.ClientUnaryCall;
  
  RequestJob(argument: _millrace_v1_RequestJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  RequestJob(argument: _millrace_v1_RequestJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  RequestJob(argument: _millrace_v1_RequestJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  RequestJob(argument: _millrace_v1_RequestJobRequest, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  requestJob(argument: _millrace_v1_RequestJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  requestJob(argument: _millrace_v1_RequestJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  requestJob(argument: _millrace_v1_RequestJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  requestJob(argument: _millrace_v1_RequestJobRequest, callback: grpc.requestCallback<_millrace_v1_JobDetails__Output>): grpc.ClientUnaryCall;
  
  /**
   * The newest lines of a process's log.
   */
  RequestLogs(argument: _millrace_v1_RequestLogsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  RequestLogs(argument: _millrace_v1_RequestLogsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  RequestLogs(argument: _millrace_v1_RequestLogsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  RequestLogs(argument: _millrace_v1_RequestLogsRequest, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The newest lines of a process's log.
   */
  requestLogs(argument: _millrace_v1_RequestLogsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  requestLogs(argument: _millrace_v1_RequestLogsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  requestLogs(argument: _millrace_v1_RequestLogsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  requestLogs(argument: _millrace_v1_RequestLogsRequest, callback: grpc.requestCallback<_millrace_v1_RequestLogsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Savepoints of a job that this JobManager took or takes, the newest last, bounded.
   */
  RequestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  RequestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  RequestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  RequestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Savepoints of a job that this JobManager took or takes, the newest last, bounded.
   */
  requestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  requestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  requestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  requestSavepoints(argument: _millrace_v1_RequestSavepointsRequest, callback: grpc.requestCallback<_millrace_v1_RequestSavepointsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Gives a running job another parallelism. Answers when that has begun, or would change nothing;
   * JobDetails tell how far it is.
   */
  RescaleJob(argument: _millrace_v1_RescaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  RescaleJob(argument: _millrace_v1_RescaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  RescaleJob(argument: _millrace_v1_RescaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  RescaleJob(argument: _millrace_v1_RescaleJobRequest, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Gives a running job another parallelism. Answers when that has begun, or would change nothing;
   * JobDetails tell how far it is.
   */
  rescaleJob(argument: _millrace_v1_RescaleJobRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  rescaleJob(argument: _millrace_v1_RescaleJobRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  rescaleJob(argument: _millrace_v1_RescaleJobRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  rescaleJob(argument: _millrace_v1_RescaleJobRequest, callback: grpc.requestCallback<_millrace_v1_RescaleJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Answers when the graph is built and the job CREATED.
   */
  SubmitJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  SubmitJob(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Answers when the graph is built and the job CREATED.
   */
  submitJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _millrace_v1_JobSubmission, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _millrace_v1_JobSubmission, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  submitJob(argument: _millrace_v1_JobSubmission, callback: grpc.requestCallback<_millrace_v1_SubmitJobResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Begins a savepoint, or to stop the job with one; answers when its target can be written.
   */
  TriggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  TriggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  TriggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  TriggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Begins a savepoint, or to stop the job with one; answers when its target can be written.
   */
  triggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  triggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  triggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  triggerSavepoint(argument: _millrace_v1_TriggerSavepointRequest, callback: grpc.requestCallback<_millrace_v1_TriggerSavepointResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Stores a bundle. The first message says what to expect, the others bring it; another content
   * is BUNDLE_CORRUPT.
   */
  UploadBundle(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  UploadBundle(metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  UploadBundle(options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  UploadBundle(callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  /**
   * Stores a bundle. The first message says what to expect, the others bring it; another content
   * is BUNDLE_CORRUPT.
   */
  uploadBundle(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  uploadBundle(metadata: grpc.Metadata, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  uploadBundle(options: grpc.CallOptions, callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  uploadBundle(callback: grpc.requestCallback<_millrace_v1_UploadBundleResponse__Output>): grpc.ClientWritableStream<_millrace_v1_UploadBundleRequest>;
  
}

export interface DispatcherHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Answers when canceling has begun.
   */
  CancelJob: grpc.handleUnaryCall<_millrace_v1_CancelJobRequest__Output, _millrace_v1_CancelJobResponse>;
  
  /**
   * Takes results of a collect sink; waits for some.
   */
  FetchResults: grpc.handleUnaryCall<_millrace_v1_FetchResultsRequest__Output, _millrace_v1_CollectedResults>;
  
  HasBundle: grpc.handleUnaryCall<_millrace_v1_HasBundleRequest__Output, _millrace_v1_HasBundleResponse>;
  
  ListJobs: grpc.handleUnaryCall<_millrace_v1_ListJobsRequest__Output, _millrace_v1_ListJobsResponse>;
  
  /**
   * Builds the graph only.
   */
  PlanJob: grpc.handleUnaryCall<_millrace_v1_JobSubmission__Output, _millrace_v1_JobGraph>;
  
  /**
   * Builds the graph, and says what would become of the savepoint that the job is to begin with.
   */
  PlanRestore: grpc.handleUnaryCall<_millrace_v1_JobSubmission__Output, _millrace_v1_RestorePlan>;
  
  RequestClusterOverview: grpc.handleUnaryCall<_millrace_v1_RequestClusterOverviewRequest__Output, _millrace_v1_ClusterOverview>;
  
  RequestJob: grpc.handleUnaryCall<_millrace_v1_RequestJobRequest__Output, _millrace_v1_JobDetails>;
  
  /**
   * The newest lines of a process's log.
   */
  RequestLogs: grpc.handleUnaryCall<_millrace_v1_RequestLogsRequest__Output, _millrace_v1_RequestLogsResponse>;
  
  /**
   * Savepoints of a job that this JobManager took or takes, the newest last, bounded.
   */
  RequestSavepoints: grpc.handleUnaryCall<_millrace_v1_RequestSavepointsRequest__Output, _millrace_v1_RequestSavepointsResponse>;
  
  /**
   * Gives a running job another parallelism. Answers when that has begun, or would change nothing;
   * JobDetails tell how far it is.
   */
  RescaleJob: grpc.handleUnaryCall<_millrace_v1_RescaleJobRequest__Output, _millrace_v1_RescaleJobResponse>;
  
  /**
   * Answers when the graph is built and the job CREATED.
   */
  SubmitJob: grpc.handleUnaryCall<_millrace_v1_JobSubmission__Output, _millrace_v1_SubmitJobResponse>;
  
  /**
   * Begins a savepoint, or to stop the job with one; answers when its target can be written.
   */
  TriggerSavepoint: grpc.handleUnaryCall<_millrace_v1_TriggerSavepointRequest__Output, _millrace_v1_TriggerSavepointResponse>;
  
  /**
   * Stores a bundle. The first message says what to expect, the others bring it; another content
   * is BUNDLE_CORRUPT.
   */
  UploadBundle: grpc.handleClientStreamingCall<_millrace_v1_UploadBundleRequest__Output, _millrace_v1_UploadBundleResponse>;
  
}

export interface DispatcherDefinition extends grpc.ServiceDefinition {
  CancelJob: MethodDefinition<_millrace_v1_CancelJobRequest, _millrace_v1_CancelJobResponse, _millrace_v1_CancelJobRequest__Output, _millrace_v1_CancelJobResponse__Output>
  FetchResults: MethodDefinition<_millrace_v1_FetchResultsRequest, _millrace_v1_CollectedResults, _millrace_v1_FetchResultsRequest__Output, _millrace_v1_CollectedResults__Output>
  HasBundle: MethodDefinition<_millrace_v1_HasBundleRequest, _millrace_v1_HasBundleResponse, _millrace_v1_HasBundleRequest__Output, _millrace_v1_HasBundleResponse__Output>
  ListJobs: MethodDefinition<_millrace_v1_ListJobsRequest, _millrace_v1_ListJobsResponse, _millrace_v1_ListJobsRequest__Output, _millrace_v1_ListJobsResponse__Output>
  PlanJob: MethodDefinition<_millrace_v1_JobSubmission, _millrace_v1_JobGraph, _millrace_v1_JobSubmission__Output, _millrace_v1_JobGraph__Output>
  PlanRestore: MethodDefinition<_millrace_v1_JobSubmission, _millrace_v1_RestorePlan, _millrace_v1_JobSubmission__Output, _millrace_v1_RestorePlan__Output>
  RequestClusterOverview: MethodDefinition<_millrace_v1_RequestClusterOverviewRequest, _millrace_v1_ClusterOverview, _millrace_v1_RequestClusterOverviewRequest__Output, _millrace_v1_ClusterOverview__Output>
  RequestJob: MethodDefinition<_millrace_v1_RequestJobRequest, _millrace_v1_JobDetails, _millrace_v1_RequestJobRequest__Output, _millrace_v1_JobDetails__Output>
  RequestLogs: MethodDefinition<_millrace_v1_RequestLogsRequest, _millrace_v1_RequestLogsResponse, _millrace_v1_RequestLogsRequest__Output, _millrace_v1_RequestLogsResponse__Output>
  RequestSavepoints: MethodDefinition<_millrace_v1_RequestSavepointsRequest, _millrace_v1_RequestSavepointsResponse, _millrace_v1_RequestSavepointsRequest__Output, _millrace_v1_RequestSavepointsResponse__Output>
  RescaleJob: MethodDefinition<_millrace_v1_RescaleJobRequest, _millrace_v1_RescaleJobResponse, _millrace_v1_RescaleJobRequest__Output, _millrace_v1_RescaleJobResponse__Output>
  SubmitJob: MethodDefinition<_millrace_v1_JobSubmission, _millrace_v1_SubmitJobResponse, _millrace_v1_JobSubmission__Output, _millrace_v1_SubmitJobResponse__Output>
  TriggerSavepoint: MethodDefinition<_millrace_v1_TriggerSavepointRequest, _millrace_v1_TriggerSavepointResponse, _millrace_v1_TriggerSavepointRequest__Output, _millrace_v1_TriggerSavepointResponse__Output>
  UploadBundle: MethodDefinition<_millrace_v1_UploadBundleRequest, _millrace_v1_UploadBundleResponse, _millrace_v1_UploadBundleRequest__Output, _millrace_v1_UploadBundleResponse__Output>
}
