import { type Clock, type Random, randomFraction, type S3StorageOptions } from '@millrace/core'
import { ObjectStoreError } from './object-store.ts'

const firstPauseMs = 100
const pauseMsMax = 5_000

export interface RequestLimits
  extends Pick<S3StorageOptions, 'connectionsMax' | 'retriesMax' | 'requestTimeoutMs'> {}

/** What came of a request that failed for good. */
export interface RequestFailure {
  readonly error: ObjectStoreError
  readonly attemptCount: number
  readonly elapsedMs: number
  /** One of its attempts may have done it: nobody answered. */
  readonly mayBeDone: boolean
}

export type RequestResult<T> =
  | { readonly kind: 'done'; readonly value: T }
  | ({ readonly kind: 'failed' } & RequestFailure)

/**
 * Sends requests, so many at a time, and sends again what failed for a reason that may pass: with
 * growing pauses, until it was often enough or took too long.
 */
export class ObjectRequests {
  readonly #clock: Clock
  readonly #random: Random
  readonly #limits: RequestLimits
  readonly #waiting: (() => void)[] = []
  #runningCount = 0

  constructor(clock: Clock, random: Random, limits: RequestLimits) {
    this.#clock = clock
    this.#random = random
    this.#limits = limits
  }

  /** Rejects only with what is no failure of the request. */
  async send<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    retriesMax: number = this.#limits.retriesMax,
  ): Promise<RequestResult<T>> {
    await this.#turn()
    const bound = new AbortController()
    const timer = this.#clock.setTimer(this.#limits.requestTimeoutMs, () => bound.abort())
    try {
      return await this.#sendUntil(attempt, retriesMax, bound.signal)
    } finally {
      timer.cancel()
      this.#runningCount--
      this.#waiting.shift()?.()
    }
  }

  async #turn(): Promise<void> {
    // Again, for another may have come first.
    while (this.#runningCount >= this.#limits.connectionsMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#runningCount++
  }

  async #sendUntil<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    retriesMax: number,
    signal: AbortSignal,
  ): Promise<RequestResult<T>> {
    const beganAtMs = this.#clock.monotonicMs()
    let mayBeDone = false
    for (let attemptCount = 1; ; attemptCount++) {
      try {
        return { kind: 'done', value: await attempt(signal) }
      } catch (error) {
        if (!(error instanceof ObjectStoreError)) throw error
        mayBeDone ||= error.mayBeDone
        const elapsedMs = this.#clock.monotonicMs() - beganAtMs
        const pauseMs = this.#pauseMs(attemptCount)
        const isLate = signal.aborted || elapsedMs + pauseMs >= this.#limits.requestTimeoutMs
        if (isLate || attemptCount > retriesMax || !isWorthAnother(error, attemptCount)) {
          return { kind: 'failed', error, attemptCount, elapsedMs, mayBeDone }
        }
        await new Promise<void>((resolve) => {
          this.#clock.setTimer(pauseMs, resolve)
        })
      }
    }
  }

  /** Half of it by chance, so that those that failed together do not come together again. */
  #pauseMs(attemptCount: number): number {
    const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** (attemptCount - 1))
    return pauseMs * (0.5 + randomFraction(this.#random) / 2)
  }
}

function isWorthAnother(error: ObjectStoreError, attemptCount: number): boolean {
  // The client learns the server's time from such an answer.
  return error.mayPass || (error.reason === 'RequestTimeTooSkewed' && attemptCount === 1)
}
