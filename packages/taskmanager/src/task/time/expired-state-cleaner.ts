import type { Clock, Timer } from '@millrace/core'
import type { KeyedStateBackend } from '@millrace/state'

/** Some tens of microseconds. */
const entriesPerSlice = 2000
const pauseMs = 50
/** Where so many of a slice's entries had expired, the next slice follows at once. */
const expiredPerSliceMany = entriesPerSlice / 4

/**
 * Removes expired state in the background: a slice of the work between records, a pause, the next
 * slice. So it costs next to nothing while little expires, and keeps up while much does.
 */
export class ExpiredStateCleaner {
  readonly #backend: KeyedStateBackend
  readonly #clock: Clock
  /** Runs a mail between records. */
  readonly #post: (mail: () => void) => void
  #timer: Timer | undefined
  #isClosed = false

  constructor(backend: KeyedStateBackend, clock: Clock, post: (mail: () => void) => void) {
    this.#backend = backend
    this.#clock = clock
    this.#post = post
  }

  /** After the operators were opened, which is when they ask for their state. */
  start(): void {
    if (this.#backend.hasExpiringState) this.#wait()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #wait(): void {
    this.#timer = this.#clock.setTimer(pauseMs, () => this.#post(() => this.#clean()))
  }

  #clean(): void {
    if (this.#isClosed) return
    const expired = this.#backend.cleanUpExpired(entriesPerSlice)
    if (expired < expiredPerSliceMany) this.#wait()
    else this.#post(() => this.#clean())
  }
}
