import { type AllocationId, assert, type ErrorInfo, errorInfo } from '@millrace/core'
import type { RescaleState } from '@millrace/rpc'
import { ChannelAssignment } from '../../checkpoint/restore/channel-assignment.ts'
import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../../resource-manager/slot-provider.ts'
import type { JobParts } from '../job-parts.ts'
import { SlotPool } from '../slot/slot-pool.ts'
import {
  rescaleCheckpointFailed,
  rescaleInterrupted,
  rescaleOfEndingJob,
  rescaleSlotsMissing,
} from './rescale-errors.ts'
import type { RescaleProgress, RescaleTarget } from './rescale-progress.ts'

// One change of a job's graph to another parallelism. Pure.
//
// Invariants
//  - Nothing of the job is stopped before the slots of the new graph are held and a checkpoint of
//    the old one is complete; unless its tasks cannot all run, so that there is nothing to keep
//    going and the latest checkpoint serves.
//  - Until then whatever goes wrong leaves the job as it was. From then on there is no way back: it
//    goes on with the new graph, once every task of the old one is over.

/** How long the slots of a rescale that somebody waits for may take. */
const slotWaitMsMax = 10_000
/** Slots that came back are used when they have stayed for so long. */
const stabilizationMs = 2_000

export class Rescaling {
  readonly target: RescaleTarget
  readonly #parts: JobParts
  readonly #neededSlotCount: number
  /** Slots that the new graph needs above the old one's. */
  readonly #extraSlotCount: number
  readonly #waitMs: number
  /** Of the extra ones those that are there. */
  readonly #reserve = new Map<AllocationId, AllocatedSlot>()
  #state: RescaleState = 'waiting-for-slots'
  #isStable: boolean
  #isStabilizing = false
  #firstCheckpointId: number | undefined
  #stoppedAtMs = 0
  #gapMs: number | undefined
  #failure: ErrorInfo | undefined

  constructor(target: RescaleTarget, parts: JobParts) {
    this.target = target
    this.#parts = parts
    const { slotCount } = new SlotPool(target.executionGraph, false).requirement()
    this.#neededSlotCount = slotCount
    this.#extraSlotCount = Math.max(0, slotCount - parts.slots.pool.requirement().slotCount)
    this.#waitMs = Math.min(slotWaitMsMax, parts.options.slotRequestTimeoutMs)
    this.#isStable = target.cause !== 'slots-returned'
  }

  get state(): RescaleState {
    return this.#state
  }

  /** Whether the job can still go on as it was. */
  get isRevocable(): boolean {
    return this.#state === 'waiting-for-slots' || this.#state === 'checkpointing'
  }

  get isStopping(): boolean {
    return this.#state === 'stopping'
  }

  get isOver(): boolean {
    return this.#state === 'completed' || this.#state === 'failed'
  }

  get progress(): RescaleProgress {
    return {
      cause: this.target.cause,
      state: this.#state,
      missingSlotCount: this.#state === 'waiting-for-slots' ? this.#missingSlotCount : 0,
      checkpointId: this.#firstCheckpointId,
      gapMs: this.#gapMs,
      failure: this.#failure,
    }
  }

  /** The slots above those of the old graph, once it is stopped. */
  get reserve(): readonly AllocatedSlot[] {
    return [...this.#reserve.values()]
  }

  /** `isAtOnce`: its tasks do not all run, and need not be waited for. */
  begin(nowMs: number, isAtOnce: boolean): void {
    if (isAtOnce) {
      this.#stopUnlessRefused(nowMs)
      return
    }
    const { slots, outbox } = this.#parts
    if (this.#extraSlotCount > 0) {
      slots.extraCount = this.#extraSlotCount
      slots.declareRequirement()
      // One that waits for slots to return does so for ever.
      if (this.#isStable)
        outbox.push({ kind: 'set-timer', timer: 'rescale', delayMs: this.#waitMs })
    }
    this.#tell()
  }

  /** Takes a slot that the old graph has no use for; false if the new one has none either. */
  offer(slot: AllocatedSlot): boolean {
    if (!this.isRevocable || this.#missingSlotCount === 0) return false
    this.#reserve.set(slot.allocationId, slot)
    return true
  }

  onSlotsLost(allocationIds: readonly AllocationId[]): void {
    let isLess = false
    for (const id of allocationIds) isLess = this.#reserve.delete(id) || isLess
    if (!isLess) return
    if (this.#isStabilizing) this.#parts.outbox.push({ kind: 'cancel-timer', timer: 'rescale' })
    this.#isStabilizing = false
    if (this.#state === 'checkpointing') this.fail(rescaleInterrupted('Slots were lost'))
  }

  onTimerFired(cluster: SlotSummary): void {
    if (this.#state !== 'waiting-for-slots') return
    if (this.#isStable) {
      const counts = { needed: this.#neededSlotCount, missing: this.#missingSlotCount }
      this.fail(rescaleSlotsMissing(counts, cluster, this.#waitMs))
    } else {
      this.#isStable = this.#isStabilizing
    }
  }

  /** A task failed, and the job is to start again in part or as a whole. */
  onFailover(failure: ErrorInfo): void {
    if (this.isRevocable) this.fail(rescaleInterrupted(`The job failed (${failure.code})`))
  }

  /** It comes to nothing; what was kept for it goes back. */
  fail(failure: ErrorInfo): void {
    if (this.isOver) return
    const { life, slots, outbox } = this.#parts
    this.#failure = failure
    this.#setState('failed')
    outbox.push({ kind: 'cancel-timer', timer: 'rescale' })
    slots.extraCount = 0
    // What a job that is over held is returned already.
    if (life.isOver) return
    slots.declareRequirement()
    for (const slot of this.#reserve.values()) slots.refuse(slot)
    this.#reserve.clear()
  }

  /** Takes the steps that became possible. True: the graph is to be changed now. */
  advance(nowMs: number): boolean {
    const { life, checkpoints, executionGraph } = this.#parts
    if (life.isEnding || life.isOver) {
      this.fail(rescaleOfEndingJob(life.status))
      return false
    }
    if (this.#state === 'waiting-for-slots') this.#advanceWaiting()
    if (this.#state === 'checkpointing') this.#advanceCheckpointing(nowMs)
    if (this.#state !== 'stopping' || checkpoints?.isStoring === true) return false
    return executionGraph.vertices.every(({ execution }) => execution.isTerminal)
  }

  /** The job has the new graph. */
  onGraphChanged(): void {
    this.#reserve.clear()
    this.#setState('starting')
  }

  /** All tasks of the new graph run. */
  onRunning(nowMs: number): void {
    this.#gapMs = nowMs - this.#stoppedAtMs
    this.#setState('completed')
  }

  get #missingSlotCount(): number {
    return this.#extraSlotCount - this.#reserve.size
  }

  #advanceWaiting(): void {
    const { checkpoints, outbox } = this.#parts
    if (this.#missingSlotCount > 0) return
    if (!this.#isStable) {
      if (this.#isStabilizing) return
      this.#isStabilizing = true
      outbox.push({ kind: 'set-timer', timer: 'rescale', delayMs: stabilizationMs })
      return
    }
    outbox.push({ kind: 'cancel-timer', timer: 'rescale' })
    assert(checkpoints !== undefined, 'A job that runs is rescaled by a checkpoint')
    this.#firstCheckpointId = checkpoints.requestNow()
    this.#setState('checkpointing')
  }

  #advanceCheckpointing(nowMs: number): void {
    const outcome = this.#parts.checkpoints?.outcomeOf(this.#firstCheckpointId ?? 0)
    if (outcome === 'completed') this.#stopUnlessRefused(nowMs)
    else if (outcome === 'failed') this.fail(rescaleCheckpointFailed())
  }

  /** Records that were on their way may hold the job to the parallelism it has. */
  #stopUnlessRefused(nowMs: number): void {
    const latest = this.#parts.checkpoints?.latest
    const { graph } = this.target.executionGraph
    const refusal = latest && new ChannelAssignment(latest, graph).refusal
    if (refusal === undefined) this.#stop(nowMs)
    else this.fail(errorInfo(refusal))
  }

  #stop(nowMs: number): void {
    const { checkpoints, life, regions, slots } = this.#parts
    this.#stoppedAtMs = nowMs
    this.#setState('stopping')
    checkpoints?.abort('the job is rescaled', nowMs)
    slots.extraCount = 0
    if (life.status === 'RUNNING') life.transitionTo('RESTARTING')
    regions.cancelAll()
  }

  #setState(state: RescaleState): void {
    this.#state = state
    this.#tell()
  }

  #tell(): void {
    this.#parts.outbox.push({ kind: 'rescale-changed', progress: this.progress })
  }
}
