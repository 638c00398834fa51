import type { Clock, Timer } from '@millrace/core'

/** Time that stands still until it is advanced. */
export class ManualClock implements Clock {
  #nowMs = 0
  #sequence = 0
  #timers: { dueMs: number; sequence: number; callback: () => void }[] = []

  now(): number {
    return 1_000_000 + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, sequence: this.#sequence++, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((each) => each !== timer)
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.setTimer(0, callback)
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** Fires what falls due on the way, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs
    for (;;) {
      const next = this.#timers
        .filter((timer) => timer.dueMs <= untilMs)
        .sort((left, right) => left.dueMs - right.dueMs || left.sequence - right.sequence)[0]
      if (next === undefined) break
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      this.#timers = this.#timers.filter((each) => each !== next)
      next.callback()
    }
    this.#nowMs = untilMs
  }
}
