import { type Random, randomFraction } from '@millrace/core'
import type { RestartDecision, RestartStrategy } from './restart-strategy.ts'

export interface ExponentialDelayOptions {
  readonly initialBackoffMs: number
  readonly maxBackoffMs: number
  readonly backoffMultiplier: number
  /** Fraction of the delay that is added or taken away at random. */
  readonly jitterFactor: number
  /** A job that ran this long without a failure starts over with an immediate restart. */
  readonly resetBackoffThresholdMs: number
  /** Restarts in a row before the job is given up. */
  readonly attemptsBeforeResetBackoff: number
}

/**
 * Restarts at once after the first failure, then after a delay that grows with each failure in a
 * row. A single lost TaskManager thus costs no wait, and a job that cannot run does not spin.
 */
export class ExponentialDelayRestartStrategy implements RestartStrategy {
  readonly #options: ExponentialDelayOptions
  readonly #random: Random
  /** Failures since the job last ran for the threshold. */
  #failureCount = 0
  /** When the last restart was due; the job counts as running from there. */
  #lastRestartMs = 0

  constructor(options: ExponentialDelayOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  onFailure(nowMs: number): RestartDecision {
    const { resetBackoffThresholdMs, attemptsBeforeResetBackoff } = this.#options
    if (nowMs - this.#lastRestartMs >= resetBackoffThresholdMs) this.#failureCount = 0
    this.#failureCount++
    if (this.#failureCount > attemptsBeforeResetBackoff) {
      const reason =
        `The job was restarted ${attemptsBeforeResetBackoff} times and never ran for ` +
        `${resetBackoffThresholdMs} ms, which is what ` +
        'restart-strategy.exponential-delay.attempts-before-reset-backoff allows'
      return { kind: 'give-up', reason }
    }
    const delayMs = this.#delayMs()
    this.#lastRestartMs = nowMs + delayMs
    return { kind: 'restart', delayMs }
  }

  #delayMs(): number {
    if (this.#failureCount === 1) return 0
    const { initialBackoffMs, maxBackoffMs, backoffMultiplier, jitterFactor } = this.#options
    const grown = initialBackoffMs * backoffMultiplier ** (this.#failureCount - 2)
    const jitter = (2 * randomFraction(this.#random) - 1) * jitterFactor
    return Math.round(Math.min(grown, maxBackoffMs) * (1 + jitter))
  }
}
