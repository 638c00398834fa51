import type { Clock, Timer } from '@millrace/core'

type Handler<R> = (result: R | undefined, error: unknown) => void

export interface CallSchedule {
  readonly initialDelayMs: number
  readonly periodMs: number
}

/** Runs asynchronous calls one after the other and hands each result to its handler. */
export class CallQueue {
  readonly #clock: Clock
  readonly #guard: (action: () => void) => void
  readonly #timers = new Set<Timer>()
  #last: Promise<void> = Promise.resolve()
  #isClosed = false

  /** `guard` runs a handler and deals with what it throws. */
  constructor(clock: Clock, guard: (action: () => void) => void) {
    this.#clock = clock
    this.#guard = guard
  }

  add<R>(call: () => Promise<R>, handler: Handler<R>, schedule: CallSchedule | undefined): void {
    if (schedule === undefined) this.#enqueue(call, handler, () => {})
    else this.#addLater(schedule.initialDelayMs, call, handler, schedule.periodMs)
  }

  /** No handler is called any more. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  #addLater<R>(
    delayMs: number,
    call: () => Promise<R>,
    handler: Handler<R>,
    periodMs: number,
  ): void {
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(timer)
      const startedMs = this.#clock.monotonicMs()
      this.#enqueue(call, handler, () => {
        const passedMs = this.#clock.monotonicMs() - startedMs
        this.#addLater(Math.max(0, periodMs - passedMs), call, handler, periodMs)
      })
    })
    this.#timers.add(timer)
  }

  /** `next` is called after the handler, unless the queue was closed by then. */
  #enqueue<R>(call: () => Promise<R>, handler: Handler<R>, next: () => void): void {
    this.#last = this.#last.then(() => this.#run(call, handler, next))
  }

  async #run<R>(call: () => Promise<R>, handler: Handler<R>, next: () => void): Promise<void> {
    if (this.#isClosed) return
    let result: R | undefined
    let failure: unknown
    try {
      result = await call()
    } catch (error) {
      failure = error ?? new Error('A call was rejected without a reason')
    }
    if (!this.#isClosed) this.#guard(() => handler(result, failure))
    if (!this.#isClosed) next()
  }
}
