import type { ExecutionState, JobStatus, TaskMetrics } from '@millrace/core'
import type { JobDetails, VertexDetails } from '@millrace/rpc'

/** What a job is doing, as one look at it and the one before tell. */
export interface JobProgressView {
  readonly jobId: string
  readonly name: string
  readonly status: JobStatus
  readonly elapsedMs: number
  readonly restartCount: number
  readonly waitingFor: string
  readonly vertices: readonly VertexProgress[]
}

export interface VertexProgress {
  readonly name: string
  readonly parallelism: number
  /** Its records in are what its source read. */
  readonly isSource: boolean
  /** Subtasks by state, in the order of a task's life. */
  readonly states: readonly (readonly [state: ExecutionState, count: number])[]
  readonly recordsIn: number
  readonly recordsOut: number
  readonly recordsInPerSecond: number
  readonly recordsOutPerSecond: number
  /** Share of the time, 0 to 1, over all subtasks. */
  readonly busy: number
  readonly backPressured: number
}

const stateOrder: readonly ExecutionState[] = [
  'FAILED',
  'CANCELING',
  'CREATED',
  'SCHEDULED',
  'DEPLOYING',
  'INITIALIZING',
  'RUNNING',
  'FINISHED',
  'CANCELED',
]

interface Rates {
  readonly recordsInPerSecond: number
  readonly recordsOutPerSecond: number
  readonly busy: number
  readonly backPressured: number
}

const noRates: Rates = {
  recordsInPerSecond: 0,
  recordsOutPerSecond: 0,
  busy: 0,
  backPressured: 0,
}

/** Turns looks at a job into rates: TaskManagers report counters about once a second. */
export class JobProgress {
  /** By attempt: the newest report, and its rates against the one before. */
  readonly #reports = new Map<string, TaskMetrics>()
  readonly #rates = new Map<string, Rates>()

  /** `nowMs` and the job's times are of the same clock. */
  look(details: JobDetails, nowMs: number): JobProgressView {
    const endMs = details.endedAtMs === 0 ? nowMs : details.endedAtMs
    return {
      jobId: details.jobId,
      name: details.name,
      status: details.status,
      elapsedMs: Math.max(0, endMs - details.startedAtMs),
      restartCount: details.restartCount,
      waitingFor: details.waitingFor,
      vertices: details.vertices.map((vertex) => {
        const isSource = !details.graph.edges.some(({ target }) => target === vertex.vertexId)
        return this.#lookAtVertex(vertex, isSource)
      }),
    }
  }

  #lookAtVertex(vertex: VertexDetails, isSource: boolean): VertexProgress {
    let recordsIn = 0
    let recordsOut = 0
    const rates: Rates[] = []
    for (const { attemptId, metrics, state } of vertex.subtasks) {
      if (metrics === undefined) continue
      recordsIn += metrics.recordsIn
      recordsOut += metrics.recordsOut
      if (state === 'RUNNING') rates.push(this.#ratesOf(attemptId, metrics))
    }
    const sum = (of: (rate: Rates) => number): number =>
      rates.reduce((total, rate) => total + of(rate), 0)
    return {
      name: vertex.name,
      parallelism: vertex.parallelism,
      isSource,
      states: countStates(vertex),
      recordsIn,
      recordsOut,
      recordsInPerSecond: sum((rate) => rate.recordsInPerSecond),
      recordsOutPerSecond: sum((rate) => rate.recordsOutPerSecond),
      busy: rates.length === 0 ? 0 : sum((rate) => rate.busy) / rates.length,
      backPressured: rates.length === 0 ? 0 : sum((rate) => rate.backPressured) / rates.length,
    }
  }

  #ratesOf(attemptId: string, report: TaskMetrics): Rates {
    const last = this.#reports.get(attemptId)
    if (last === undefined) {
      this.#reports.set(attemptId, report)
      return noRates
    }
    // The time between two reports is what the task itself counted; none: the same report again.
    const spentMs = totalMs(report) - totalMs(last)
    if (spentMs <= 0) return this.#rates.get(attemptId) ?? noRates
    const rates: Rates = {
      recordsInPerSecond: ((report.recordsIn - last.recordsIn) * 1000) / spentMs,
      recordsOutPerSecond: ((report.recordsOut - last.recordsOut) * 1000) / spentMs,
      busy: (report.busyMs - last.busyMs) / spentMs,
      backPressured: (report.backPressuredMs - last.backPressuredMs) / spentMs,
    }
    this.#reports.set(attemptId, report)
    this.#rates.set(attemptId, rates)
    return rates
  }
}

function totalMs({ busyMs, idleMs, backPressuredMs }: TaskMetrics): number {
  return busyMs + idleMs + backPressuredMs
}

function countStates(vertex: VertexDetails): VertexProgress['states'] {
  const counts = new Map<ExecutionState, number>()
  for (const { state } of vertex.subtasks) counts.set(state, (counts.get(state) ?? 0) + 1)
  return stateOrder.flatMap((state) => {
    const count = counts.get(state)
    return count === undefined ? [] : [[state, count] as const]
  })
}
