import type { ErrorInfo } from '@millrace/core'
import type { RestartStrategy } from '../../failover/restart-strategy.ts'
import type { JobParts } from '../job-parts.ts'
import type { Region } from '../region/region.ts'
import { isOccupied } from '../slot/slot-pool.ts'
import { Failover } from './failover.ts'

/** The restart strategy's answer; `reason` is empty where there is nothing to add. */
export type RecoveryAnswer =
  | { readonly kind: 'restarts' }
  | { readonly kind: 'gives-up'; readonly reason: string }

// Restarts of a job's regions. Pure.
//
// Invariants
//  - At most one failover is pending. Regions that fail meanwhile join it; the restart strategy is
//    asked once for each failover, not once for each task.
//  - Tasks go on in the slots that they had, threads and modules included, but for slots in which a
//    task failed by what it did: its next attempt gets a fresh thread. Where no checkpoint was
//    completed since slots were last kept, what threads have kept may be the cause: all are fresh.

export class Recovery {
  readonly #parts: JobParts
  readonly #restartStrategy: RestartStrategy
  #failover: Failover | undefined
  #restartCount = 0
  /** What there was to restore when slots were kept last; undefined: they never were. */
  #keptAt: { readonly checkpointId: number | undefined } | undefined
  #isRecovering = false

  constructor(parts: JobParts, restartStrategy: RestartStrategy) {
    this.#parts = parts
    this.#restartStrategy = restartStrategy
  }

  /** That of the job with another graph: what happened so far counts on. */
  withGraph(parts: JobParts): Recovery {
    const recovery = new Recovery(parts, this.#restartStrategy)
    recovery.#restartCount = this.#restartCount
    recovery.#keptAt = this.#keptAt
    recovery.#isRecovering = this.#isRecovering
    return recovery
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /** When the delay of the pending restart is over; undefined where none is pending. */
  get dueMs(): number | undefined {
    return this.#failover?.dueMs
  }

  get isPending(): boolean {
    return this.#failover !== undefined
  }

  /** A task failed and may be tried again: joins the pending restart, or asks for a new one. */
  onFailure(failure: ErrorInfo, nowMs: number): RecoveryAnswer {
    this.#isRecovering = true
    if (failure.disposition !== 'retry') return { kind: 'gives-up', reason: '' }
    if (this.#failover !== undefined) return { kind: 'restarts' }
    const decision = this.#restartStrategy.onFailure(nowMs)
    if (decision.kind === 'give-up') return { kind: 'gives-up', reason: decision.reason }
    const { life, outbox } = this.#parts
    const { delayMs } = decision
    const restartCount = ++this.#restartCount
    if (life.status !== 'RESTARTING') life.transitionTo('RESTARTING')
    outbox.push({ kind: 'restart-scheduled', delayMs, restartCount })
    if (delayMs > 0) outbox.push({ kind: 'set-timer', timer: 'restart', delayMs })
    this.#failover = new Failover(nowMs, delayMs, this.#mayKeepSlots())
    return { kind: 'restarts' }
  }

  /** The region is to restart with the pending failover, if there is one. */
  add(region: Region): void {
    this.#failover?.add(region)
  }

  onDelayOver(): void {
    this.#failover?.onDelayOver()
  }

  /** The job ends: nothing restarts. */
  abandon(): void {
    if (this.#failover === undefined) return
    this.#failover = undefined
    this.#parts.outbox.push({ kind: 'cancel-timer', timer: 'restart' })
  }

  /**
   * Takes the steps that became possible because a task is over or a delay is. Returns whether
   * regions wait for slots anew.
   */
  advance(): boolean {
    const failover = this.#failover
    // Which checkpoint is restored is not known before the outcome of a write under way is.
    if (failover === undefined || this.#parts.checkpoints?.isStoring === true) return false
    for (const region of failover.regions) {
      if (region.state === 'canceling' && region.isOver) this.#prepareRestart(region)
    }
    if (!failover.isReady) return false
    this.#failover = undefined
    this.#parts.life.onRestarting()
    for (const region of failover.regions) {
      for (const vertex of region.vertices) {
        this.#parts.executionGraph.resetForNewExecution(vertex)
        vertex.execution.schedule()
      }
      region.transitionTo('waiting')
    }
    return true
  }

  /** Tells once when every task runs again after a failure. */
  checkRecovered(): void {
    const { life, regions, outbox } = this.#parts
    if (!this.#isRecovering || this.#failover !== undefined || life.isEnding) return
    if (!regions.areFullyRunning) return
    this.#isRecovering = false
    outbox.push({ kind: 'recovered' })
  }

  #prepareRestart(region: Region): void {
    const { checkpoints, coordinatedOperators, slots, outbox } = this.#parts
    region.transitionTo('restarting')
    checkpoints?.onRestarting(region.vertices)
    const restoredId = checkpoints?.latest?.checkpointId
    for (const command of coordinatedOperators.onRestarting(region.vertices, restoredId)) {
      outbox.push({ kind: 'notify-job-host', command })
    }
    const keepsSlots = this.#failover?.keepsSlots === true
    const used = region.places.filter((place) => place.isUsed)
    if (!keepsSlots) for (const place of used) place.isTainted = true
    const returned = used.filter((place) => place.isTainted && !isOccupied(place))
    // Even where none is returned: those that were lost are asked for again.
    slots.release(returned)
  }

  #mayKeepSlots(): boolean {
    const checkpointId = this.#parts.checkpoints?.latest?.checkpointId
    if (this.#keptAt !== undefined && this.#keptAt.checkpointId === checkpointId) return false
    this.#keptAt = { checkpointId }
    return true
  }
}
