import type { ErrorInfo } from '@millrace/core'
import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../../resource-manager/slot-provider.ts'
import type { Outbox } from '../outbox.ts'
import type { Region } from '../region/region.ts'
import { slotsMissing } from '../scheduling-errors.ts'
import { isOccupied, type SlotPlace, type SlotPool } from './slot-pool.ts'

/** Slots are held so long for regions that miss others: another job may wait for these. */
const idleHoldMsMax = 10_000

/** What one job asks of the ResourceManager, waits for within a bound, and returns. Pure. */
export class JobSlots {
  readonly pool: SlotPool
  readonly #outbox: Outbox
  readonly #requestTimeoutMs: number
  /** Asked for above what the pool needs: for a graph that the job may get. */
  extraCount = 0
  #isTimerSet = false
  /** Of the wait, once the slots that are held meanwhile were returned. */
  #remainingMs = 0

  constructor(pool: SlotPool, outbox: Outbox, requestTimeoutMs: number) {
    this.pool = pool
    this.#outbox = outbox
    this.#requestTimeoutMs = requestTimeoutMs
  }

  declareRequirement(): void {
    const { slotCount, ...others } = this.pool.requirement()
    const requirement = { slotCount: slotCount + this.extraCount, ...others }
    this.#outbox.push({ kind: 'declare-requirement', requirement })
  }

  /** Returns a slot that was offered and is not wanted. */
  refuse({ allocationId }: AllocatedSlot): void {
    this.#outbox.push({ kind: 'release-slot', allocationId })
  }

  /** Returns the slots of these places; others are asked for where they are still needed. */
  release(places: readonly SlotPlace[]): void {
    const held = places.flatMap((place) => place.slot?.allocationId ?? [])
    for (const place of places) {
      if (place.slot !== undefined) this.pool.vacate(place)
    }
    this.declareRequirement()
    for (const allocationId of held) this.#outbox.push({ kind: 'release-slot', allocationId })
  }

  releaseAll(): void {
    this.release(this.pool.places)
  }

  /** Asks for no slot any more; those that are held stay until they are released. */
  needNoMore(): void {
    for (const place of this.pool.places) place.isNeeded = false
    this.declareRequirement()
  }

  /** Slots that regions wait for. */
  missingCount(waiting: readonly Region[]): number {
    const places = new Set(waiting.flatMap((region) => region.places))
    return [...places].filter((place) => place.slot === undefined).length
  }

  /** Starts to bound the wait when the first slot is missed, and ends it with the last. */
  updateTimer(waiting: readonly Region[]): void {
    const isMissing = this.missingCount(waiting) > 0
    if (isMissing === this.#isTimerSet) return
    this.#isTimerSet = isMissing
    if (!isMissing) {
      this.#outbox.push({ kind: 'cancel-timer', timer: 'slot-request' })
      return
    }
    const timeoutMs = this.#requestTimeoutMs
    const isHolding = idlePlaces(waiting).length > 0
    const delayMs = isHolding ? Math.min(idleHoldMsMax, timeoutMs / 2) : timeoutMs
    this.#remainingMs = timeoutMs - delayMs
    this.#outbox.push({ kind: 'set-timer', timer: 'slot-request', delayMs })
  }

  /**
   * The failure there is, if slots are still missed. Before that, those that are held are returned:
   * of two jobs each may hold what the other misses, and all at once go to one of them.
   */
  onTimedOut(waiting: readonly Region[], cluster: SlotSummary): ErrorInfo | undefined {
    this.#isTimerSet = false
    const missing = this.missingCount(waiting)
    if (missing === 0) return undefined
    if (this.#remainingMs > 0) {
      this.release(idlePlaces(waiting))
      this.#isTimerSet = true
      this.#outbox.push({ kind: 'set-timer', timer: 'slot-request', delayMs: this.#remainingMs })
      this.#remainingMs = 0
      return undefined
    }
    const needed = this.pool.requirement().slotCount
    return slotsMissing({ needed, missing }, cluster, this.#requestTimeoutMs)
  }
}

/** Those that hold a slot in which nothing runs. */
function idlePlaces(waiting: readonly Region[]): readonly SlotPlace[] {
  const places = new Set(waiting.flatMap((region) => region.places))
  return [...places].filter((place) => place.slot !== undefined && !isOccupied(place))
}
