import type { Clock, StateTtlConfig } from '@millrace/core'

const placeCountMin = 64

/** When the entries of one state were touched last, and what follows from it. */
export class EntryTtl {
  readonly touchesOnRead: boolean
  readonly returnsExpired: boolean
  readonly #ms: number
  readonly #clock: Pick<Clock, 'now'>
  #touchedAtMs = new Float64Array(placeCountMin)

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

  /** Whether what was touched at that time has expired. */
  hasExpiredSince(touchedAtMs: number): boolean {
    return this.#clock.now() - touchedAtMs >= this.#ms
  }

  /** The entry at this place is touched now. */
  touch(place: number): void {
    if (place >= this.#touchedAtMs.length) this.#grow(place)
    this.#touchedAtMs[place] = this.#clock.now()
  }

  hasExpired(place: number): boolean {
    return this.hasExpiredSince(this.#touchedAtMs[place] as number)
  }

  #grow(place: number): void {
    const grown = new Float64Array(Math.max(2 * this.#touchedAtMs.length, place + 1))
    grown.set(this.#touchedAtMs)
    this.#touchedAtMs = grown
  }
}
