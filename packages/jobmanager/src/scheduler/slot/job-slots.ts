import type { ErrorInfo } from '@millrace/core'
import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../../resource-manager/slot-provider.ts'
import type { Outbox } from '../outbox.ts'
import type { Region } from '../region/region.ts'
import { slotsMissing } from '../scheduling-errors.ts'
import type { SlotPlace, SlotPool } from './slot-pool.ts'

/** What one job asks of the ResourceManager, waits for within a bound, and returns. Pure. */
export class JobSlots {
  readonly pool: SlotPool
  readonly #outbox: Outbox
  readonly #requestTimeoutMs: number
  #isTimerSet = false

  constructor(pool: SlotPool, outbox: Outbox, requestTimeoutMs: number) {
    this.pool = pool
    this.#outbox = outbox
    this.#requestTimeoutMs = requestTimeoutMs
  }

  declareRequirement(): void {
    const requirement = this.pool.requirement()
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
  updateTimer(isMissing: boolean): void {
    if (isMissing === this.#isTimerSet) return
    this.#isTimerSet = isMissing
    const timer = 'slot-request'
    const delayMs = this.#requestTimeoutMs
    this.#outbox.push(
      isMissing ? { kind: 'set-timer', timer, delayMs } : { kind: 'cancel-timer', timer },
    )
  }

  /** The failure there is, if slots are still missed. */
  onTimedOut(waiting: readonly Region[], cluster: SlotSummary): ErrorInfo | undefined {
    this.#isTimerSet = false
    const missing = this.missingCount(waiting)
    if (missing === 0) return undefined
    const needed = this.pool.requirement().slotCount
    return slotsMissing({ needed, missing }, cluster, this.#requestTimeoutMs)
  }
}
