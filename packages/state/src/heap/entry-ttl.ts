import type { Clock, StateTtlConfig } from '@millrace/core'

const placeCountMin = 64

/** When the entries of one state were touched last, and what follows from it. */
export class EntryTtl {
  touchesOnRead = false
  returnsExpired = false
  #ms = 0
  readonly #clock: Pick<Clock, 'now'>
  #touchedAtMs: Float64Array

  /** What is at the first `placeCount` places is touched now. */
  constructor(config: StateTtlConfig, clock: Pick<Clock, 'now'>, placeCount: number) {
    this.#clock = clock
    this.#touchedAtMs = new Float64Array(Math.max(placeCountMin, placeCount))
    if (placeCount > 0) this.#touchedAtMs.fill(clock.now(), 0, placeCount)
    this.configure(config)
  }

  /** Touches stay as they are. */
  configure({ ms, update, visibility }: StateTtlConfig): void {
    this.#ms = ms
    this.touchesOnRead = update === 'on-read-and-write'
    this.returnsExpired = visibility === 'return-expired-if-not-cleaned-up'
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
    this.setTouchedAt(place, this.#clock.now())
  }

  touchedAt(place: number): number {
    return this.#touchedAtMs[place] as number
  }

  setTouchedAt(place: number, atMs: number): void {
    if (place >= this.#touchedAtMs.length) this.#grow(place)
    this.#touchedAtMs[place] = atMs
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
