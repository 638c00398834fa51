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

  constructor(clock: Clock, options: RetryOptions) {
    this.#clock = clock
    this.#options = options
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Resolves with whether it succeeded. */
  async run(attempt: () => Promise<void>): Promise<boolean> {
    let delayMs = this.#options.delayInitialMs
    while (!this.#isStopped) {
      try {
        await attempt()
        return true
      } catch (error) {
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
      this.#wake = () => {
        timer.cancel()
        this.#wake = undefined
        resolve()
      }
    })
  }
}
