import type { Clock, Timer } from '@millrace/core'

interface Pending {
  readonly atMs: number
  readonly callback: () => void
}

/** Time that stands still until it is moved. */
export class ManualClock implements Clock {
  #nowMs = 0
  readonly #pending = new Set<Pending>()

  get timerCount(): number {
    return this.#pending.size
  }

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending = { atMs: this.#nowMs + delayMs, callback }
    this.#pending.add(pending)
    return { cancel: () => this.#pending.delete(pending) }
  }

  setImmediate(callback: () => void): void {
    queueMicrotask(callback)
  }

  /** Fires what is due, in order of time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const [next] = [...this.#pending]
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      this.#pending.delete(next)
      this.#nowMs = next.atMs
      next.callback()
    }
    this.#nowMs = untilMs
  }
}

/** Lets what was promised by now come about. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
