import { type Clock, type Logger, MillraceError, supervise, type Timer } from '@millrace/core'
import type { HighAvailabilityServices } from './high-availability-services.ts'

/** What it takes from the JobManager's world. */
export interface LeadershipWatchEnvironment {
  readonly clock: Clock
  readonly logger: Logger
  readonly highAvailability: HighAvailabilityServices
  readonly onFatalError: (error: Error) => void
}

/** Looks again and again whether there is a newer leader, and ends the process then. */
export class LeadershipWatch {
  readonly #environment: LeadershipWatchEnvironment
  readonly #intervalMs: number
  #timer: Timer | undefined
  #isStopped = false
  #isFailing = false

  constructor(environment: LeadershipWatchEnvironment, intervalMs: number) {
    this.#environment = environment
    this.#intervalMs = intervalMs
  }

  start(): void {
    if (this.#environment.highAvailability.isEnabled) this.#waitForNext()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #waitForNext(): void {
    if (this.#isStopped) return
    this.#timer = this.#environment.clock.setTimer(this.#intervalMs, () => {
      supervise(
        this.#look().then(() => this.#waitForNext()),
        (error) => this.#environment.onFatalError(error as Error),
      )
    })
  }

  async #look(): Promise<void> {
    const { highAvailability, logger, onFatalError } = this.#environment
    try {
      await highAvailability.confirmLeadership()
      this.#isFailing = false
    } catch (error) {
      if (this.#isStopped) return
      if (error instanceof MillraceError && error.code === 'JOB_MANAGER_SUPERSEDED') {
        this.stop()
        onFatalError(error)
        return
      }
      // Whoever writes will see for itself; until then a storage that is away harms nobody.
      if (!this.#isFailing) logger.warn('leadership could not be confirmed', { error })
      this.#isFailing = true
    }
  }
}
