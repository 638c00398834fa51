import type { Clock, StateTtlConfig } from '@millrace/core'

/** What follows from the time at which an entry was touched last. */
export class EntryClock {
  readonly touchesOnRead: boolean
  readonly returnsExpired: boolean
  readonly #ms: number
  readonly #clock: Pick<Clock, 'now'>

  constructor(config: StateTtlConfig, clock: Pick<Clock, 'now'>) {
    this.#ms = config.ms
    this.#clock = clock
    this.touchesOnRead = config.update === 'on-read-and-write'
    this.returnsExpired = config.visibility === 'return-expired-if-not-cleaned-up'
  }

  /** Of the wall, because it is kept over restarts. */
  now(): number {
    return this.#clock.now()
  }

  hasExpiredSince(touchedAtMs: number): boolean {
    return this.#clock.now() - touchedAtMs >= this.#ms
  }
}
