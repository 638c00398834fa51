import type { JobId, JobStatus, TaskMetrics } from '@millrace/core'
import type {
  CheckpointStatistics,
  EdgeDetails,
  FailureRecord,
  JobDetails,
  JobOverview,
  RescaleDetails,
  SubtaskDetails,
  VertexDetails,
} from '@millrace/rpc'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { ExecutionJobVertex } from '../execution-graph/execution-job-vertex.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'

/** What a JobMaster knows of its job at one moment. */
export interface JobRuntime {
  readonly jobId: JobId
  readonly status: JobStatus
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly restartCount: number
  readonly scheduler: JobScheduler | undefined
  /** The latest of each task. */
  readonly metrics: ReadonlyMap<ExecutionVertex, TaskMetrics>
  readonly failures: readonly FailureRecord[]
  readonly checkpoints: CheckpointStatistics | undefined
  readonly rescale: RescaleDetails | undefined
  readonly monotonicMs: number
}

export function jobOverview(runtime: JobRuntime): JobOverview {
  const { jobId, status, startedAtMs, endedAtMs, restartCount, scheduler } = runtime
  const vertices = scheduler?.executionGraph.vertices ?? []
  return {
    jobId,
    name: scheduler?.executionGraph.graph.name ?? '',
    status,
    startedAtMs,
    endedAtMs,
    taskCount: vertices.length,
    runningTaskCount: vertices.filter(({ execution }) => execution.state === 'RUNNING').length,
    restartCount,
  }
}

export function jobDetails(runtime: JobRuntime, scheduler: JobScheduler): JobDetails {
  const { executionGraph } = scheduler
  return {
    ...jobOverview(runtime),
    graph: executionGraph.graph,
    vertices: executionGraph.jobVertices.map((each) => vertexDetails(each, runtime.metrics)),
    edges: edgeDetails(executionGraph),
    failure: scheduler.failure,
    failures: runtime.failures,
    waitingFor: scheduler.waitingFor(runtime.monotonicMs),
    checkpoints: runtime.checkpoints,
    rescale: runtime.rescale,
  }
}

/** What the finished attempts sent and received. */
function edgeDetails({ graph, vertices }: ExecutionGraph): readonly EdgeDetails[] {
  const totals = graph.edges.map(() => ({ sent: 0, received: 0 }))
  for (const { execution } of vertices) {
    for (const { end, edgeIndex, records } of execution.channelCounts) {
      const total = totals[edgeIndex]
      if (total !== undefined) total[end] += records
    }
  }
  return totals.map(({ sent, received }, edgeIndex) => {
    return { edgeIndex, recordsSent: sent, recordsReceived: received }
  })
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
