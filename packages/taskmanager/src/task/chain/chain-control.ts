// Stopping in the middle of a record.
//
// An operator that returns an iterable is pulled while the task's outputs take records. Where they
// stop doing so the iterable is suspended: it lies here, the task is interrupted, its reader stops
// after the record at hand, and its in-slot producers stop too. What still reaches a pulling
// operator in the same call (from a function that collects in a loop) lies here behind it, in
// order.
//
// Invariants
//  - Suspended work runs before any other record of the task, innermost operator first.
//  - While `suspended`, no iterable is pulled and no record begins to be processed by an operator
//    that pulls.

import { MillraceError } from '@millrace/core'

/** Continues suspended work: the rest of an iterable, or a record that had to wait. */
export type Resume = (subject: unknown, key: unknown, hash: number) => void

interface Suspended {
  readonly resume: Resume
  readonly subject: unknown
  readonly key: unknown
  readonly hash: number
  readonly isIterator: boolean
}

/** Items an iterable may yield in one turn, so that mails are read in between. */
const pulledItemsPerTurn = 4096
const overdraftBytesPerRecord = 256

/** What the generated code of one task's chain looks at and leaves behind. */
export class ChainControl {
  /** Take no further record: the outputs are full, or an operator is. Read by row readers too. */
  suspended = false
  /** Items that may be pulled before the turn is over. */
  pullBudget: number = pulledItemsPerTurn
  readonly #onInterrupt: () => void
  readonly #deferredMax: number
  /** The last runs first. */
  readonly #stack: Suspended[] = []
  #drained: PromiseWithResolvers<void> | undefined
  /** Suspended in the call at hand; the first runs first, and before the stack. */
  readonly #fresh: Suspended[] = []

  /** `onInterrupt` is called each time the task is interrupted that was not. */
  constructor(overdraftMaxBytes: number, onInterrupt: () => void) {
    this.#deferredMax = Math.max(1, Math.ceil(overdraftMaxBytes / overdraftBytesPerRecord))
    this.#onInterrupt = onInterrupt
  }

  get hasSuspended(): boolean {
    return this.#stack.length + this.#fresh.length > 0
  }

  interrupt(): void {
    if (this.suspended) return
    this.suspended = true
    this.#onInterrupt()
  }

  /** Called by generated code: `iterator` has more, which has to wait. */
  suspend(resume: Resume, iterator: unknown, key: unknown, hash: number): void {
    this.#fresh.push({ resume, subject: iterator, key, hash, isIterator: true })
    this.interrupt()
  }

  /** Called by generated code: a record for an operator that cannot run now. */
  defer(resume: Resume, value: unknown, key: unknown, hash: number): void {
    this.#fresh.push({ resume, subject: value, key, hash, isIterator: false })
    if (this.#fresh.length > this.#deferredMax) throw overdraftExceeded(this.#fresh.length)
  }

  /** Begins a turn: the outputs take records. */
  begin(): void {
    this.suspended = false
    this.pullBudget = pulledItemsPerTurn
  }

  /** Goes on with what is suspended. True where nothing is left and the task may take records. */
  resume(): boolean {
    for (;;) {
      for (let next = this.#fresh.pop(); next !== undefined; next = this.#fresh.pop()) {
        this.#stack.push(next)
      }
      if (this.suspended) return false
      const top = this.#stack.pop()
      if (top === undefined) {
        this.#drained?.resolve()
        this.#drained = undefined
        return true
      }
      top.resume(top.subject, top.key, top.hash)
    }
  }

  /**
   * Processes the records that had to wait, though there is no room: what comes of them is queued.
   * Iterables are not pulled, and hold back what is behind them. True where any was processed.
   */
  passDeferred(): boolean {
    for (let hasPassed = false; ; hasPassed = true) {
      for (let next = this.#fresh.pop(); next !== undefined; next = this.#fresh.pop()) {
        this.#stack.push(next)
      }
      const top = this.#stack.at(-1)
      if (top === undefined || top.isIterator) return hasPassed
      this.#stack.pop()
      this.suspended = false
      this.pullBudget = 0
      top.resume(top.subject, top.key, top.hash)
      this.suspended = true
    }
  }

  /** Settles when nothing is suspended any more; undefined where nothing is. */
  drained(): Promise<void> | undefined {
    if (!this.hasSuspended) return undefined
    this.#drained ??= Promise.withResolvers()
    return this.#drained.promise
  }

  /** The task is over: iterators may clean up. Errors of theirs go to `onError`. */
  close(onError: (error: unknown) => void): void {
    this.suspended = true
    const all = [...this.#stack.splice(0), ...this.#fresh.splice(0)]
    for (const { subject, isIterator } of all) {
      if (!isIterator) continue
      try {
        ;(subject as Iterator<unknown>).return?.()
      } catch (error) {
        onError(error)
      }
    }
  }
}

function overdraftExceeded(count: number): MillraceError {
  return new MillraceError(
    'OVERDRAFT_EXCEEDED',
    `One record became more than ${count} records that what follows cannot take yet. Return an` +
      ' iterable (a generator) instead of calling collect: it is pulled as room allows; or raise' +
      ' taskmanager.network.overdraft-size-max.',
    { blame: 'user' },
  )
}
