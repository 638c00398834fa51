import type { Clock } from '@millrace/core'

export interface RetryOptions {
  /** Pause after the first failure; doubles with every further one. */
  readonly delayInitialMs: number
  readonly delayMsMax: number
  /** Asked after every failure: false ends it. */
  readonly onFailure: (error: unknown) => boolean
}

/** Something that is tried until it succeeds, or is not wanted any more. */
export class Retry {
  readonly #clock: Clock
  readonly #options: RetryOptions
  #wake: (() => void) | undefined
  #isStopped = false
  #failureCount = 0
  #dueMs: number | undefined

  constructor(clock: Clock, options: RetryOptions) {
    this.#clock = clock
    this.#options = options
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Attempts that failed so far. */
  get failureCount(): number {
    return this.#failureCount
  }

  /** Until the next attempt, rounded up; undefined while one is under way, or none follows. */
  get nextAttemptInMs(): number | undefined {
    const dueMs = this.#dueMs
    if (dueMs === undefined) return undefined
    return Math.max(0, Math.ceil(dueMs - this.#clock.monotonicMs()))
  }

  /** Resolves with whether it succeeded. */
  async run(attempt: () => Promise<void>): Promise<boolean> {
    let delayMs = this.#options.delayInitialMs
    while (!this.#isStopped) {
      try {
        await attempt()
        return true
      } catch (error) {
        this.#failureCount++
        if (!this.#options.onFailure(error)) return false
      }
      await this.#pause(delayMs)
      delayMs = Math.min(2 * delayMs, this.#options.delayMsMax)
    }
    return false
  }

  /** No further attempt is made; one that is under way goes on. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
  }

  #pause(delayMs: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(delayMs, () => this.#wake?.())
      this.#dueMs = this.#clock.monotonicMs() + delayMs
      this.#wake = () => {
        timer.cancel()
        this.#wake = undefined
        this.#dueMs = undefined
        resolve()
      }
    })
  }
}
