import type { Clock, Timer } from '@millrace/core'

/**
 * Longer waits are made of several: the wall's clock may jump, and timers of the platform have a
 * limit of 24 days.
 */
const waitMaxMs = 60_000

/**
 * Wakes the loop of a slot when the earliest timer of its tasks falls due. There is one timer of
 * the clock for all of them; the tasks look for themselves what is due.
 */
export class ProcessingTimeService {
  readonly #clock: Clock
  readonly #wake: () => void
  #timer: Timer | undefined
  #wakeMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock
    this.#wake = wake
  }

  /**
   * Milliseconds since 1970. A timer is due when this is greater than its timestamp, so that what
   * is processed within that millisecond still comes before it.
   */
  currentProcessingTime(): number {
    return this.#clock.now()
  }

  /**
   * Wakes the loop when a timer of that timestamp is due, or earlier. Called each time a task finds
   * that its earliest timer is not due yet, and where it gets an earlier one.
   */
  wakeAfter(timestamp: number): void {
    if (timestamp >= this.#wakeMs) return
    this.#timer?.cancel()
    this.#wakeMs = timestamp
    const waitMs = Math.max(timestamp + 1 - this.#clock.now(), 0)
    this.#timer = this.#clock.setTimer(Math.min(waitMs, waitMaxMs), () => {
      this.#timer = undefined
      this.#wakeMs = Number.POSITIVE_INFINITY
      this.#wake()
    })
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
