import type { RestartDecision, RestartStrategy } from './restart-strategy.ts'

export interface FixedDelayOptions {
  readonly attempts: number
  readonly delayMs: number
}

/** A number of restarts in the life of the job, each after the same delay. */
export class FixedDelayRestartStrategy implements RestartStrategy {
  readonly #options: FixedDelayOptions
  #restartCount = 0

  constructor(options: FixedDelayOptions) {
    this.#options = options
  }

  onFailure(): RestartDecision {
    const { attempts, delayMs } = this.#options
    if (this.#restartCount >= attempts) {
      const reason =
        `The job was restarted ${this.#restartCount} times, ` +
        'which is what restart-strategy.fixed-delay.attempts allows'
      return { kind: 'give-up', reason }
    }
    this.#restartCount++
    return { kind: 'restart', delayMs }
  }
}
