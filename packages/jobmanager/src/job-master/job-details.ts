import type { JobId, JobStatus, TaskMetrics } from '@millrace/core'
import type {
  FailureRecord,
  JobDetails,
  JobOverview,
  SubtaskDetails,
  VertexDetails,
} from '@millrace/rpc'
import type { ExecutionJobVertex } from '../execution-graph/execution-job-vertex.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'

/** What a JobMaster knows of its job at one moment. */
export interface JobRuntime {
  readonly jobId: JobId
  readonly status: JobStatus
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly scheduler: JobScheduler | undefined
  /** The latest of each task. */
  readonly metrics: ReadonlyMap<ExecutionVertex, TaskMetrics>
  readonly failures: readonly FailureRecord[]
  readonly monotonicMs: number
}

export function jobOverview(runtime: JobRuntime): JobOverview {
  const { jobId, status, startedAtMs, endedAtMs, scheduler } = runtime
  const vertices = scheduler?.executionGraph.vertices ?? []
  return {
    jobId,
    name: scheduler?.executionGraph.graph.name ?? '',
    status,
    startedAtMs,
    endedAtMs,
    taskCount: vertices.length,
    runningTaskCount: vertices.filter(({ execution }) => execution.state === 'RUNNING').length,
    restartCount: scheduler?.restartCount ?? 0,
  }
}

export function jobDetails(runtime: JobRuntime, scheduler: JobScheduler): JobDetails {
  const { executionGraph } = scheduler
  return {
    ...jobOverview(runtime),
    graph: executionGraph.graph,
    vertices: executionGraph.jobVertices.map((each) => vertexDetails(each, runtime.metrics)),
    failure: scheduler.failure,
    failures: runtime.failures,
    waitingFor: scheduler.waitingFor(runtime.monotonicMs),
  }
}

function vertexDetails(
  { jobVertex, subtasks }: ExecutionJobVertex,
  metrics: ReadonlyMap<ExecutionVertex, TaskMetrics>,
): VertexDetails {
  return {
    vertexId: jobVertex.id,
    name: jobVertex.name,
    parallelism: jobVertex.parallelism,
    subtasks: subtasks.map((subtask) => subtaskDetails(subtask, metrics.get(subtask))),
  }
}

function subtaskDetails(
  { subtaskIndex, execution }: ExecutionVertex,
  metrics: TaskMetrics | undefined,
): SubtaskDetails {
  const { attemptId, attemptNumber, state, slot } = execution
  return {
    subtaskIndex,
    attemptId,
    attemptNumber,
    state,
    taskManagerId: slot?.taskManagerId,
    // A new attempt has none until its first report; the old one's would mislead.
    metrics: metrics?.attemptId === attemptId ? metrics : undefined,
  }
}
