import {
  type ErrorInfo,
  isGloballyTerminal,
  type JobGraph,
  type JobId,
  type JobStatus,
  type Logger,
  type Random,
  supervise,
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
  parallelismMax,
  requireParallelism,
  savepointIsUnderWay,
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
  readonly configuration: (parallelism: number | undefined) => Readonly<Record<string, string>>
}

export interface RescalerOptions {
  /** What the job was rescaled to under an earlier JobManager. */
  readonly parallelism: number | undefined
  /** The least that it may go on with where slots are missing; undefined: it may not. */
  readonly min: number | undefined
}

/** What a job goes on with. */
export interface NextGraph {
  /** undefined: what the program and the submission say. */
  readonly parallelism: number | undefined
  readonly built: BuiltGraph
}

interface Rescale extends NextGraph {
  readonly cause: RescaleCause
  readonly fromParallelism: number
  readonly toParallelism: number
  readonly beganAtMs: number
}

/**
 * Has a job go on with another parallelism: builds the graph, has the scheduler change to it, and
 * tells how far that is. A job that may run smaller does so where slots are missing for long, and
 * grows back when there are enough again.
 */
export class JobRescaler {
  readonly #world: RescalerWorld
  #isBuilding = false
  /** The latest that the scheduler was told of. */
  #latest: Rescale | undefined
  /** What was asked for last and came about, or is about to; undefined: what the job began with. */
  #parallelism: number | undefined
  readonly #min: number | undefined
  /** It runs smaller than it was asked to. */
  #isSmaller = false

  constructor(world: RescalerWorld, { parallelism, min }: RescalerOptions) {
    this.#world = world
    this.#parallelism = parallelism
    this.#min = min
  }

  /** undefined where the job never was rescaled. */
  get details(): RescaleDetails | undefined {
    const progress = this.#world.scheduler.rescale
    if (this.#latest === undefined || progress === undefined) return undefined
    const { cause, fromParallelism, toParallelism, beganAtMs } = this.#latest
    const { state, missingSlotCount, gapMs, failure } = progress
    return {
      cause,
      state,
      fromParallelism,
      toParallelism,
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
    if (this.#isWaitingToGrow) this.#world.handle({ kind: 'rescale-withdrawn' })
    const built = await this.#build(parallelism)
    this.#requireAllowed()
    const { graph } = this.#world.scheduler.executionGraph
    if (!haveSameOperators(graph, built.graph)) {
      throw operatorsDiffer(this.#world.jobId, parallelism)
    }
    const isUnchanged = built.graph.hash === graph.hash
    if (isUnchanged) this.#parallelism = parallelism
    if (isUnchanged) this.#isSmaller = false
    else this.#begin('requested', parallelism, built)
    return { isUnchanged }
  }

  /** Slots are missing for long; there are `slotCount` for the job. Without a way on it fails. */
  onSlotsMissing(failure: ErrorInfo, slotCount: number): void {
    // Asked again after the next wait.
    if (this.#isBuilding) return
    supervise(this.#shrink(failure, slotCount), (error) => {
      this.#world.logger.warn('no smaller graph', { error })
      this.#failForSlots(failure)
    })
  }

  onStatusChanged(status: JobStatus): void {
    if (status === 'RUNNING') this.#growIfSmaller()
  }

  /** The scheduler came further. Returns what the slots are to be told of now. */
  onChanged(progress: RescaleProgress): NextGraph | undefined {
    const { logger } = this.#world
    const { state, missingSlotCount, gapMs, failure } = progress
    const { cause, parallelism, fromParallelism, toParallelism } = this.#latest ?? {}
    const fields = { state, cause, from: fromParallelism, to: toParallelism }
    if (failure === undefined) logger.info('rescale', { ...fields, missingSlotCount, gapMs })
    else logger.warn('rescale', { ...fields, code: failure.code, message: failure.message })
    if (state === 'completed' || state === 'failed') this.#growIfSmaller()
    if (state !== 'stopping') return undefined
    if (cause === 'requested') this.#parallelism = parallelism
    this.#isSmaller = cause === 'slots-missing'
    return this.#latest
  }

  get #isWaitingToGrow(): boolean {
    const { rescale } = this.#world.scheduler
    return rescale?.cause === 'slots-returned' && rescale.state === 'waiting-for-slots'
  }

  async #shrink(failure: ErrorInfo, slotCount: number): Promise<void> {
    const { graph } = this.#world.scheduler.executionGraph
    let parallelism = Math.min(slotCount, parallelismMax)
    while (this.#min !== undefined && parallelism >= this.#min) {
      const built = await this.#build(parallelism)
      const needed = slotsNeeded(built.graph)
      if (needed <= slotCount && built.graph.hash !== graph.hash) {
        if (!haveSameOperators(graph, built.graph)) break
        const { message } = failure
        this.#world.logger.warn('runs smaller: slots are missing', { parallelism, message })
        this.#begin('slots-missing', parallelism, built)
        return
      }
      const share = Math.floor((parallelism * slotCount) / Math.max(1, needed))
      parallelism = Math.min(parallelism - 1, share)
    }
    this.#failForSlots(failure)
  }

  #failForSlots(failure: ErrorInfo): void {
    this.#world.handle({ kind: 'job-failed', failure })
  }

  /** Waits for the slots that it was to have, as long as it takes. */
  #growIfSmaller(): void {
    const { status, rescale, checkpoints } = this.#world.scheduler
    const isOver = rescale === undefined || isFinal(rescale)
    if (!this.#isSmaller || status !== 'RUNNING' || !isOver || this.#isBuilding) return
    // Without checkpoints it would begin anew.
    if (checkpoints === undefined) return
    supervise(this.#grow(), (error) => {
      this.#world.logger.warn('does not grow back', { error })
    })
  }

  async #grow(): Promise<void> {
    const built = await this.#build(this.#parallelism)
    const { status, rescale } = this.#world.scheduler
    const isOver = rescale === undefined || isFinal(rescale)
    // A failure since leads here again.
    if (status === 'RUNNING' && isOver) this.#begin('slots-returned', this.#parallelism, built)
  }

  #requireAllowed(): void {
    const { jobId, scheduler } = this.#world
    const { status, rescale } = scheduler
    const isEnding = status === 'FAILING' || status === 'CANCELLING'
    if (isEnding || isGloballyTerminal(status)) throw notInThisStatus(jobId, status)
    if (scheduler.checkpoints === undefined && status !== 'CREATED') throw withoutCheckpoints(jobId)
    const savepoint = scheduler.checkpoints?.savepoints.current
    if (savepoint !== undefined) throw savepointIsUnderWay(jobId, savepoint.request.savepointId)
    const isOver = rescale === undefined || isFinal(rescale)
    if (this.#isBuilding || (!isOver && !this.#isWaitingToGrow)) throw anotherIsUnderWay(jobId)
  }

  async #build(parallelism: number | undefined): Promise<BuiltGraph> {
    this.#isBuilding = true
    try {
      return await this.#world.jobHost.rebuildGraph(this.#world.configuration(parallelism))
    } finally {
      this.#isBuilding = false
    }
  }

  #begin(cause: RescaleCause, parallelism: number | undefined, built: BuiltGraph): void {
    const { scheduler, random, handle, now } = this.#world
    const former = scheduler.executionGraph
    const fromParallelism = parallelismOfChanged(former.graph, built.graph)
    const toParallelism = parallelism ?? parallelismOfChanged(built.graph, former.graph)
    const beganAtMs = now()
    this.#latest = { cause, parallelism, built, fromParallelism, toParallelism, beganAtMs }
    const executionGraph = new ExecutionGraph(built.graph, random, former.attemptNumberMax + 1)
    const { coordinated } = built
    handle({ kind: 'rescale-requested', target: { cause, executionGraph, coordinated } })
  }
}

function isFinal({ state }: RescaleProgress): boolean {
  return state === 'completed' || state === 'failed'
}

/** Of a slot-sharing group as many as its largest parallelism. */
function slotsNeeded({ vertices }: JobGraph): number {
  const byGroup = Map.groupBy(vertices, ({ slotSharingGroup }) => slotSharingGroup)
  return [...byGroup.values()].reduce(
    (sum, group) => sum + Math.max(...group.map(({ parallelism }) => parallelism)),
    0,
  )
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
