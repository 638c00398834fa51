import {
  type CollectedResults,
  ExecutionAttemptId,
  JobId,
  type JobStatus,
  JobVertexId,
  TaskManagerId,
} from '@millrace/core'
import type {
  ClusterOverview,
  FailureRecord,
  JobDetails,
  JobOverview,
  JobSubmission,
  LogRequest,
  ResultRequest,
  SubtaskDetails,
  TaskManagerOverview,
  VertexDetails,
} from '../gateway/dispatcher-gateway.ts'
import type {
  ClusterOverview as ClusterOverviewProto,
  ClusterOverview__Output as ClusterOverviewProtoOutput,
} from '../generated/millrace/v1/ClusterOverview.ts'
import type {
  CollectedResults as CollectedResultsProto,
  CollectedResults__Output as CollectedResultsProtoOutput,
} from '../generated/millrace/v1/CollectedResults.ts'
import type {
  FailureRecord as FailureRecordProto,
  FailureRecord__Output as FailureRecordProtoOutput,
} from '../generated/millrace/v1/FailureRecord.ts'
import type { FetchResultsRequest__Output as FetchResultsRequestProtoOutput } from '../generated/millrace/v1/FetchResultsRequest.ts'
import type {
  JobDetails as JobDetailsProto,
  JobDetails__Output as JobDetailsProtoOutput,
} from '../generated/millrace/v1/JobDetails.ts'
import type {
  JobOverview as JobOverviewProto,
  JobOverview__Output as JobOverviewProtoOutput,
} from '../generated/millrace/v1/JobOverview.ts'
import type { JobStatus__Output as JobStatusProto } from '../generated/millrace/v1/JobStatus.ts'
import type {
  JobSubmission as JobSubmissionProto,
  JobSubmission__Output as JobSubmissionProtoOutput,
} from '../generated/millrace/v1/JobSubmission.ts'
import type {
  RequestLogsRequest as RequestLogsRequestProto,
  RequestLogsRequest__Output as RequestLogsRequestProtoOutput,
} from '../generated/millrace/v1/RequestLogsRequest.ts'
import type {
  SubtaskDetails as SubtaskDetailsProto,
  SubtaskDetails__Output as SubtaskDetailsProtoOutput,
} from '../generated/millrace/v1/SubtaskDetails.ts'
import type {
  TaskManagerOverview as TaskManagerOverviewProto,
  TaskManagerOverview__Output as TaskManagerOverviewProtoOutput,
} from '../generated/millrace/v1/TaskManagerOverview.ts'
import type { TaskManagerState__Output as TaskManagerStateProto } from '../generated/millrace/v1/TaskManagerState.ts'
import type {
  VertexDetails as VertexDetailsProto,
  VertexDetails__Output as VertexDetailsProtoOutput,
} from '../generated/millrace/v1/VertexDetails.ts'
import {
  decodeCheckpointStatistics,
  encodeCheckpointStatistics,
} from './checkpoint-statistics-codec.ts'
import { decodeBytes, EnumCodec, required } from './enum-codec.ts'
import { decodeErrorInfo, encodeErrorInfo } from './error-codec.ts'
import { decodeTaskMetrics, encodeTaskMetrics, executionStateCodec } from './execution-codec.ts'
import {
  decodeBundleReference,
  decodeJobGraph,
  encodeBundleReference,
  encodeJobGraph,
} from './job-codec.ts'
import { decodeRescaleDetails, encodeRescaleDetails } from './rescale-codec.ts'

const jobStatusCodec = new EnumCodec<JobStatus, JobStatusProto>('JobStatus', {
  INITIALIZING: 'JOB_STATUS_INITIALIZING',
  CREATED: 'JOB_STATUS_CREATED',
  RUNNING: 'JOB_STATUS_RUNNING',
  FAILING: 'JOB_STATUS_FAILING',
  FAILED: 'JOB_STATUS_FAILED',
  CANCELLING: 'JOB_STATUS_CANCELLING',
  CANCELED: 'JOB_STATUS_CANCELED',
  FINISHED: 'JOB_STATUS_FINISHED',
  RESTARTING: 'JOB_STATUS_RESTARTING',
})

const taskManagerStateCodec = new EnumCodec<TaskManagerOverview['state'], TaskManagerStateProto>(
  'TaskManagerState',
  { active: 'TASK_MANAGER_STATE_ACTIVE', suspended: 'TASK_MANAGER_STATE_SUSPENDED' },
)

export function encodeJobSubmission(submission: JobSubmission): JobSubmissionProto {
  return { ...submission, bundle: encodeBundleReference(submission.bundle) }
}

export function decodeJobSubmission(proto: JobSubmissionProtoOutput): JobSubmission {
  const bundle = decodeBundleReference(required(proto.bundle, 'JobSubmission.bundle'))
  return { bundle, apiVersion: proto.apiVersion, args: proto.args, config: proto.config }
}

export function encodeJobOverview(overview: JobOverview): JobOverviewProto {
  const { jobId, name, startedAtMs, endedAtMs, taskCount, runningTaskCount, restartCount } =
    overview
  const status = jobStatusCodec.encode(overview.status)
  return {
    jobId,
    name,
    status,
    startedAtMs,
    endedAtMs,
    taskCount,
    runningTaskCount,
    restartCount,
  }
}

export function decodeJobOverview(proto: JobOverviewProtoOutput): JobOverview {
  return { ...proto, jobId: JobId.parse(proto.jobId), status: jobStatusCodec.decode(proto.status) }
}

export function encodeJobDetails(details: JobDetails): JobDetailsProto {
  const { failure, waitingFor, checkpoints, rescale } = details
  return {
    overview: encodeJobOverview(details),
    graph: encodeJobGraph(details.graph),
    vertices: details.vertices.map(encodeVertexDetails),
    edges: [...details.edges],
    ...(failure === undefined ? {} : { failure: encodeErrorInfo(failure) }),
    failures: details.failures.map(encodeFailureRecord),
    waitingFor,
    ...(checkpoints === undefined ? {} : { checkpoints: encodeCheckpointStatistics(checkpoints) }),
    ...(rescale === undefined ? {} : { rescale: encodeRescaleDetails(rescale) }),
  }
}

export function decodeJobDetails(proto: JobDetailsProtoOutput): JobDetails {
  return {
    ...decodeJobOverview(required(proto.overview, 'JobDetails.overview')),
    graph: decodeJobGraph(required(proto.graph, 'JobDetails.graph')),
    vertices: proto.vertices.map(decodeVertexDetails),
    edges: proto.edges.map((edge) => ({ ...edge })),
    failure: proto.failure === null ? undefined : decodeErrorInfo(proto.failure),
    failures: proto.failures.map(decodeFailureRecord),
    waitingFor: proto.waitingFor,
    checkpoints:
      proto.checkpoints === null ? undefined : decodeCheckpointStatistics(proto.checkpoints),
    rescale: proto.rescale === null ? undefined : decodeRescaleDetails(proto.rescale),
  }
}

export function encodeClusterOverview(overview: ClusterOverview): ClusterOverviewProto {
  return {
    ...overview,
    taskManagers: overview.taskManagers.map(encodeTaskManagerOverview),
    jobs: overview.jobs.map(encodeJobOverview),
  }
}

export function decodeClusterOverview(proto: ClusterOverviewProtoOutput): ClusterOverview {
  return {
    ...proto,
    taskManagers: proto.taskManagers.map(decodeTaskManagerOverview),
    jobs: proto.jobs.map(decodeJobOverview),
  }
}

export function decodeResultRequest(proto: FetchResultsRequestProtoOutput): ResultRequest {
  return { ...proto, jobId: JobId.parse(proto.jobId) }
}

export function encodeCollectedResults(results: CollectedResults): CollectedResultsProto {
  return { ...results, records: [...results.records] }
}

export function decodeCollectedResults(proto: CollectedResultsProtoOutput): CollectedResults {
  return { ...proto, records: proto.records.map(decodeBytes) }
}

export function encodeLogRequest(request: LogRequest): RequestLogsRequestProto {
  const { taskManagerId, lineCountMax } = request
  return { ...(taskManagerId === undefined ? {} : { taskManagerId }), lineCountMax }
}

export function decodeLogRequest(proto: RequestLogsRequestProtoOutput): LogRequest {
  const taskManagerId = decodeTaskManagerId(proto.taskManagerId)
  return { taskManagerId, lineCountMax: proto.lineCountMax }
}

function encodeVertexDetails(vertex: VertexDetails): VertexDetailsProto {
  return { ...vertex, subtasks: vertex.subtasks.map(encodeSubtaskDetails) }
}

function decodeVertexDetails(proto: VertexDetailsProtoOutput): VertexDetails {
  const { name, parallelism } = proto
  const vertexId = JobVertexId.parse(proto.vertexId)
  return { vertexId, name, parallelism, subtasks: proto.subtasks.map(decodeSubtaskDetails) }
}

function encodeSubtaskDetails(subtask: SubtaskDetails): SubtaskDetailsProto {
  const { subtaskIndex, attemptId, attemptNumber, taskManagerId, metrics } = subtask
  return {
    subtaskIndex,
    attemptId,
    attemptNumber,
    state: executionStateCodec.encode(subtask.state),
    ...(taskManagerId === undefined ? {} : { taskManagerId }),
    ...(metrics === undefined ? {} : { metrics: encodeTaskMetrics(metrics) }),
  }
}

function decodeSubtaskDetails(proto: SubtaskDetailsProtoOutput): SubtaskDetails {
  const { subtaskIndex, attemptNumber, metrics } = proto
  return {
    subtaskIndex,
    attemptId: ExecutionAttemptId.parse(proto.attemptId),
    attemptNumber,
    state: executionStateCodec.decode(proto.state),
    taskManagerId: decodeTaskManagerId(proto.taskManagerId),
    metrics: metrics === null ? undefined : decodeTaskMetrics(metrics),
  }
}

function encodeFailureRecord(record: FailureRecord): FailureRecordProto {
  const { atMs, failure, taskName, taskManagerId, recoveredAfterMs } = record
  return {
    atMs,
    failure: encodeErrorInfo(failure),
    taskName,
    ...(taskManagerId === undefined ? {} : { taskManagerId }),
    ...(recoveredAfterMs === undefined ? {} : { recoveredAfterMs }),
  }
}

function decodeFailureRecord(proto: FailureRecordProtoOutput): FailureRecord {
  const { atMs, taskName, recoveredAfterMs } = proto
  return {
    atMs,
    failure: decodeErrorInfo(required(proto.failure, 'FailureRecord.failure')),
    taskName,
    taskManagerId: decodeTaskManagerId(proto.taskManagerId),
    recoveredAfterMs,
  }
}

function encodeTaskManagerOverview(overview: TaskManagerOverview): TaskManagerOverviewProto {
  return { ...overview, state: taskManagerStateCodec.encode(overview.state) }
}

function decodeTaskManagerOverview(proto: TaskManagerOverviewProtoOutput): TaskManagerOverview {
  return {
    ...proto,
    taskManagerId: TaskManagerId.parse(proto.taskManagerId),
    state: taskManagerStateCodec.decode(proto.state),
  }
}

function decodeTaskManagerId(text: string | undefined): TaskManagerId | undefined {
  return text === undefined ? undefined : TaskManagerId.parse(text)
}
