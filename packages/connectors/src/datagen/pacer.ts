import { assert, type Clock } from '@millrace/core'

/** After a stop (backpressure), what was missed within this time is made up for at once. */
const catchUpMsMax = 1000

/** Says how many records are due by now, at a fixed rate from a fixed start. */
export class Pacer {
  readonly #clock: Clock
  readonly #recordsPerMs: number
  /** When record 0 is due. */
  #startMs: number
  #taken = 0

  constructor(
    clock: Clock,
    options: { readonly recordsPerSecond: number; readonly delayMs: number },
  ) {
    assert(options.recordsPerSecond > 0, 'A rate is above 0')
    this.#clock = clock
    this.#recordsPerMs = options.recordsPerSecond / 1000
    this.#startMs = clock.monotonicMs() + options.delayMs
  }

  /** Records that are due and not taken yet. */
  due(): number {
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs
    if (elapsedMs < 0) return 0
    const due = Math.floor(elapsedMs * this.#recordsPerMs) + 1 - this.#taken
    const dueMax = Math.max(1, Math.ceil(catchUpMsMax * this.#recordsPerMs))
    if (due <= dueMax) return due
    this.#startMs += (due - dueMax) / this.#recordsPerMs
    return dueMax
  }

  take(count: number): void {
    this.#taken += count
  }

  /** Until the next record is due; 0 if one is. */
  msUntilDue(): number {
    const nextMs = this.#startMs + this.#taken / this.#recordsPerMs
    return Math.max(0, nextMs - this.#clock.monotonicMs())
  }
}
