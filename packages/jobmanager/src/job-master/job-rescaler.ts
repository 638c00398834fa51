import {
  isGloballyTerminal,
  type JobGraph,
  type JobId,
  type Logger,
  type Random,
} from '@millrace/core'
import type { RescaleAnswer, RescaleCause, RescaleDetails } from '@millrace/rpc'
import { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { JobSchedulerEvent } from '../scheduler/job-scheduler-event.ts'
import type { RescaleProgress } from '../scheduler/rescale/rescale-progress.ts'
import type { BuiltGraph, JobHost } from './job-host.ts'
import {
  anotherIsUnderWay,
  notInThisStatus,
  operatorsDiffer,
  requireParallelism,
  withoutCheckpoints,
} from './rescale-refusal.ts'

/** What a JobRescaler works with. */
export interface RescalerWorld {
  readonly jobId: JobId
  readonly logger: Logger
  readonly random: Random
  readonly now: () => number
  readonly jobHost: Pick<JobHost, 'rebuildGraph'>
  readonly scheduler: JobScheduler
  readonly handle: (event: JobSchedulerEvent) => void
  /** Of the job function, where operators without a parallelism of their own have this one. */
  readonly configuration: (parallelism: number) => Readonly<Record<string, string>>
}

/** What a job goes on with. */
export interface NextGraph {
  readonly parallelism: number
  readonly built: BuiltGraph
}

interface Rescale extends NextGraph {
  readonly cause: RescaleCause
  readonly fromParallelism: number
  readonly beganAtMs: number
}

/**
 * Has a job go on with another parallelism: builds the graph, has the scheduler change to it, and
 * tells how far that is.
 */
export class JobRescaler {
  readonly #world: RescalerWorld
  #isBuilding = false
  /** The latest that the scheduler was told of. */
  #latest: Rescale | undefined
  /** What was asked for last and came about, or is about to; undefined: what the job began with. */
  #parallelism: number | undefined

  /** `parallelism`: what the job was rescaled to under an earlier JobManager. */
  constructor(world: RescalerWorld, parallelism: number | undefined) {
    this.#world = world
    this.#parallelism = parallelism
  }

  /** undefined where the job never was rescaled. */
  get details(): RescaleDetails | undefined {
    const progress = this.#world.scheduler.rescale
    if (this.#latest === undefined || progress === undefined) return undefined
    const { cause, parallelism, fromParallelism, beganAtMs } = this.#latest
    const { state, missingSlotCount, gapMs, failure } = progress
    return {
      cause,
      state,
      fromParallelism,
      toParallelism: parallelism,
      beganAtMs,
      missingSlotCount,
      gapMs,
      failure,
    }
  }

  /** What a later JobManager that goes on from this checkpoint has to know; undefined: nothing. */
  parallelismAt(checkpointId: number): number | undefined {
    const progress = this.#world.scheduler.rescale
    const isPending = progress?.state === 'checkpointing' && progress.cause === 'requested'
    // From that checkpoint on there is no way back.
    if (isPending && checkpointId >= (progress.checkpointId ?? 0)) return this.#latest?.parallelism
    return this.#parallelism
  }

  /**
   * Resolves when the job is about to change, or would not. Rejects with RESCALE_REFUSED, or with
   * what is wrong with its graph at that parallelism.
   */
  async request(parallelism: number): Promise<RescaleAnswer> {
    requireParallelism(parallelism)
    this.#requireAllowed()
    const built = await this.#build(parallelism)
    this.#requireAllowed()
    const { graph } = this.#world.scheduler.executionGraph
    if (!haveSameOperators(graph, built.graph)) {
      throw operatorsDiffer(this.#world.jobId, parallelism)
    }
    if (built.graph.hash === graph.hash) return { isUnchanged: true }
    this.#begin('requested', parallelism, built)
    return { isUnchanged: false }
  }

  /** The scheduler came further. Returns what the slots are to be told of now. */
  onChanged(progress: RescaleProgress): NextGraph | undefined {
    const { logger } = this.#world
    const { state, missingSlotCount, gapMs, failure } = progress
    const { cause, parallelism, fromParallelism } = this.#latest ?? {}
    const fields = { state, cause, from: fromParallelism, to: parallelism }
    if (failure === undefined) logger.info('rescale', { ...fields, missingSlotCount, gapMs })
    else logger.warn('rescale', { ...fields, code: failure.code, message: failure.message })
    if (state !== 'stopping') return undefined
    if (cause === 'requested') this.#parallelism = parallelism
    return this.#latest
  }

  #requireAllowed(): void {
    const { jobId, scheduler } = this.#world
    const { status, rescale } = scheduler
    const isEnding = status === 'FAILING' || status === 'CANCELLING'
    if (isEnding || isGloballyTerminal(status)) throw notInThisStatus(jobId, status)
    if (scheduler.checkpoints === undefined && status !== 'CREATED') throw withoutCheckpoints(jobId)
    const isOver = rescale === undefined || isFinal(rescale)
    if (this.#isBuilding || !isOver) throw anotherIsUnderWay(jobId)
  }

  async #build(parallelism: number): Promise<BuiltGraph> {
    this.#isBuilding = true
    try {
      return await this.#world.jobHost.rebuildGraph(this.#world.configuration(parallelism))
    } finally {
      this.#isBuilding = false
    }
  }

  #begin(cause: RescaleCause, parallelism: number, built: BuiltGraph): void {
    const { scheduler, random, handle, now } = this.#world
    const former = scheduler.executionGraph
    const fromParallelism = parallelismOfChanged(former.graph, built.graph)
    this.#latest = { cause, parallelism, built, fromParallelism, beganAtMs: now() }
    const executionGraph = new ExecutionGraph(built.graph, random, former.attemptNumberMax + 1)
    const { coordinated } = built
    handle({ kind: 'rescale-requested', target: { cause, executionGraph, coordinated } })
  }
}

function isFinal({ state }: RescaleProgress): boolean {
  return state === 'completed' || state === 'failed'
}

function haveSameOperators(one: JobGraph, other: JobGraph): boolean {
  const idsOf = ({ vertices }: JobGraph) =>
    vertices.flatMap(({ operators }) => operators.map(({ id }) => id)).sort()
  return JSON.stringify(idsOf(one)) === JSON.stringify(idsOf(other))
}

/** The largest that an operator has which will have another one. */
function parallelismOfChanged(graph: JobGraph, next: JobGraph): number {
  const before = parallelisms(graph)
  const changed = [...parallelisms(next)].flatMap(([id, parallelism]) => {
    const former = before.get(id) ?? 0
    return former === parallelism ? [] : former
  })
  return Math.max(0, ...changed)
}

function parallelisms({ vertices }: JobGraph): ReadonlyMap<string, number> {
  return new Map(
    vertices.flatMap(({ operators, parallelism }) =>
      operators.map(({ id }) => [id, parallelism] as const),
    ),
  )
}
