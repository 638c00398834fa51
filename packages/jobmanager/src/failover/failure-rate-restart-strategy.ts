import type { RestartDecision, RestartStrategy } from './restart-strategy.ts'

export interface FailureRateOptions {
  readonly failuresPerIntervalMax: number
  readonly intervalMs: number
  readonly delayMs: number
}

/** Restarts as long as failures are rare enough. */
export class FailureRateRestartStrategy implements RestartStrategy {
  readonly #options: FailureRateOptions
  /** Times of the failures in the interval that ends now, the oldest first; bounded by the rate. */
  #failureTimesMs: readonly number[] = []

  constructor(options: FailureRateOptions) {
    this.#options = options
  }

  onFailure(nowMs: number): RestartDecision {
    const { failuresPerIntervalMax, intervalMs, delayMs } = this.#options
    const recent = this.#failureTimesMs.filter((timeMs) => nowMs - timeMs < intervalMs)
    this.#failureTimesMs = [...recent, nowMs]
    if (this.#failureTimesMs.length > failuresPerIntervalMax) {
      const reason =
        `The job failed ${this.#failureTimesMs.length} times within ${intervalMs} ms, more than ` +
        'restart-strategy.failure-rate.max-failures-per-interval allows'
      return { kind: 'give-up', reason }
    }
    return { kind: 'restart', delayMs }
  }
}
