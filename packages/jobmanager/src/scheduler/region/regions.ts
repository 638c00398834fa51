import type { JobVertexId } from '@millrace/core'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { Outbox } from '../outbox.ts'
import type { SlotPool } from '../slot/slot-pool.ts'
import { Region } from './region.ts'

/** All regions of a job. */
export class Regions {
  readonly all: readonly Region[]
  readonly #outbox: Outbox
  readonly #cancellationTimeoutMs: number

  constructor(
    executionGraph: ExecutionGraph,
    pool: SlotPool,
    outbox: Outbox,
    cancellationTimeoutMs: number,
  ) {
    this.all = executionGraph.regions.map((vertices) => new Region(vertices, pool))
    this.#outbox = outbox
    this.#cancellationTimeoutMs = cancellationTimeoutMs
  }

  of(vertex: ExecutionVertex): Region {
    return this.all[vertex.regionIndex] as Region
  }

  ofAll(vertices: readonly ExecutionVertex[]): readonly Region[] {
    return [...new Set(vertices.map((vertex) => this.of(vertex)))]
  }

  /** Those that wait for slots. */
  get waiting(): readonly Region[] {
    return this.all.filter((region) => region.state === 'waiting')
  }

  /** Those that are not finished and have tasks of this vertex; undefined: of any. */
  unfinishedOf(vertexId: JobVertexId | undefined): readonly Region[] {
    return this.all.filter(
      ({ state, vertices }) =>
        state !== 'finished' &&
        (vertexId === undefined || vertices.some(({ jobVertex }) => jobVertex.id === vertexId)),
    )
  }

  get areFinished(): boolean {
    return this.all.every((region) => region.state === 'finished')
  }

  /** Whether every task does its work, or has done it. */
  get areFullyRunning(): boolean {
    return this.all.every((region) => region.isFullyRunning)
  }

  get cancelingTaskCount(): number {
    const tasks = this.all.flatMap((region) => region.vertices)
    return tasks.filter(({ execution }) => execution.state === 'CANCELING').length
  }

  cancel(region: Region): void {
    this.#outbox.push(...region.cancel(this.#cancellationTimeoutMs))
  }

  cancelAll(): void {
    for (const region of this.all) this.cancel(region)
  }
}
