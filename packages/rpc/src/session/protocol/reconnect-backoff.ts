import { type Random, randomFraction } from '@millrace/core'

/** When to dial next: pauses between dials double with every failure, up to a bound, ± 25 %. */
export class ReconnectBackoff {
  readonly #random: Random
  readonly #delayInitialMs: number
  readonly #delayMsMax: number
  #failureCount = 0
  #lastDialMs: number | undefined

  constructor(random: Random, delayInitialMs: number, delayMsMax: number) {
    this.#random = random
    this.#delayInitialMs = delayInitialMs
    this.#delayMsMax = delayMsMax
  }

  /** A dial begins. */
  dialed(nowMs: number): void {
    this.#lastDialMs = nowMs
  }

  failed(): void {
    this.#failureCount++
  }

  succeeded(): void {
    this.#failureCount = 0
  }

  /** At once, unless the last dial is too recent. */
  nextDialMs(nowMs: number): number {
    if (this.#lastDialMs === undefined) return nowMs
    const doublings = Math.min(Math.max(0, this.#failureCount - 1), 30)
    const delayMs = Math.min(this.#delayInitialMs * 2 ** doublings, this.#delayMsMax)
    const jitter = 0.75 + randomFraction(this.#random) / 2
    return Math.max(nowMs, this.#lastDialMs + delayMs * jitter)
  }
}
