import { MillraceError } from '@millrace/core'
import type { JobDetails, VertexDetails } from '@millrace/rpc'

/** Counters of all subtasks of one vertex, of their last attempts. */
export interface VertexMetrics {
  readonly recordsIn: number
  readonly recordsOut: number
}

/** How a job ended, and with what. */
export class JobExecutionResult {
  /** Graph, states, failures and metrics of each subtask. */
  readonly details: JobDetails
  readonly #collected: ReadonlyMap<string, readonly unknown[]>

  constructor(details: JobDetails, collected: ReadonlyMap<string, readonly unknown[]>) {
    this.details = details
    this.#collected = collected
  }

  get status(): 'FINISHED' | 'CANCELED' {
    return this.details.status as 'FINISHED' | 'CANCELED'
  }

  get durationMs(): number {
    return this.details.endedAtMs - this.details.startedAtMs
  }

  /** Records of the CollectSink of that name: in order of each subtask, subtasks interleaved. */
  collected<T>(sinkName: string): readonly T[] {
    const records = this.#collected.get(sinkName)
    if (records !== undefined) return records as readonly T[]
    const names = [...this.#collected.keys()].join(', ') || 'none'
    throw new MillraceError(
      'ARGUMENT_INVALID',
      `The job has no sink named '${sinkName}'. Its sinks: ${names}.`,
      { blame: 'user', details: { sinkName } },
    )
  }

  /** Metrics of the vertex that runs the operator of that name. */
  metrics(operatorName: string): VertexMetrics {
    const { graph, vertices } = this.details
    const found = graph.vertices.find(({ operators }) => {
      return operators.some(({ name }) => name === operatorName)
    })
    const vertex = vertices.find(({ vertexId }) => vertexId === found?.id)
    if (vertex === undefined) {
      throw new MillraceError(
        'ARGUMENT_INVALID',
        `The job has no operator named '${operatorName}'.`,
        { blame: 'user', details: { operatorName } },
      )
    }
    return { recordsIn: sum(vertex, 'recordsIn'), recordsOut: sum(vertex, 'recordsOut') }
  }
}

function sum({ subtasks }: VertexDetails, counter: keyof VertexMetrics): number {
  return subtasks.reduce((total, { metrics }) => total + (metrics?.[counter] ?? 0), 0)
}
