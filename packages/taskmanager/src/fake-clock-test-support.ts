import type { Clock, Timer } from '@millrace/core'

/** A clock that stands still until it is told, with a list of what is due. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000
  #immediates: (() => void)[] = []
  #timers: { readonly atMs: number; readonly callback: () => void }[] = []

  now(): number {
    return Math.floor(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  setImmediate(callback: () => void): void {
    this.#immediates.push(callback)
  }

  get timerCount(): number {
    return this.#timers.length
  }

  /** Runs what was to run after the I/O at hand. False where there was nothing. */
  runImmediates(): boolean {
    const due = this.#immediates
    this.#immediates = []
    for (const callback of due) callback()
    return due.length > 0
  }

  /** Moves time on, firing what falls due, in order. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs
    for (;;) {
      const next = this.#timers
        .filter(({ atMs }) => atMs <= endMs)
        .sort((one, other) => one.atMs - other.atMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
    }
    this.#nowMs = endMs
  }
}
