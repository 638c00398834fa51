import type { Clock } from '@millrace/core'

/** A task as the loop of its slot sees it. None of these throws: a task's errors are its own. */
export interface MailboxTask {
  /** Tasks are served in this order: consumers before the producers that call them. */
  readonly order: number
  /**
   * Goes on with suspended work, queued records and frames. False where there was nothing to do.
   */
  processInput(): boolean
  /** Polls its source once. False where it has none, or it may not or cannot emit now. */
  processSource(): boolean
  /** Sends frames that are not full. */
  flush(): void
  /** Gives back credit that is owed. */
  settle(): void
  /** Counts time: of a turn of the loop, or of standing still. */
  account(elapsedMs: number, isParked: boolean): void
}

const quantumMs = 1
const sourceSliceMs = 0.2
/** Bounds where the clock stands still, as a simulated one does. */
const stepsPerQuantum = 256
const pollsPerSlice = 32

/**
 * The one loop of a slot, for all its tasks: mails first, then input, then sources by time slice.
 * It yields to I/O after each quantum, and parks when there is nothing to do, after everything that
 * was written has left. Whoever brings news (a frame, credit, a mail, a settled promise) calls
 * `wake`.
 */
export class Mailbox {
  readonly #clock: Clock
  readonly #bufferTimeoutMs: number
  readonly #onError: (error: unknown) => void
  readonly #tasks: MailboxTask[] = []
  #mails: (() => void)[] = []
  #isScheduled = false
  #isClosed = false
  #isParked = true
  #lastMs: number
  #lastFlushMs: number

  /** `onError` takes what a mail throws: our own bugs. */
  constructor(clock: Clock, bufferTimeoutMs: number, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#bufferTimeoutMs = bufferTimeoutMs
    this.#onError = onError
    this.#lastMs = clock.monotonicMs()
    this.#lastFlushMs = this.#lastMs
  }

  /** Runs `mail` on the loop, between records. */
  post(mail: () => void): void {
    this.#mails.push(mail)
    this.wake()
  }

  wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#clock.setImmediate(this.#turn)
  }

  add(task: MailboxTask): void {
    const after = this.#tasks.findIndex(({ order }) => order > task.order)
    this.#tasks.splice(after < 0 ? this.#tasks.length : after, 0, task)
    this.wake()
  }

  remove(task: MailboxTask): void {
    const index = this.#tasks.indexOf(task)
    if (index >= 0) this.#tasks.splice(index, 1)
  }

  /** Books the time up to now on the tasks, before their counters are read. */
  account(): void {
    this.#account(this.#clock.monotonicMs(), this.#isParked)
  }

  close(): void {
    this.#isClosed = true
    this.#tasks.length = 0
    this.#mails = []
  }

  readonly #turn = (): void => {
    this.#isScheduled = false
    if (this.#isClosed) return
    const start = this.#clock.monotonicMs()
    this.#account(start, this.#isParked)
    const deadline = start + quantumMs
    let now = start
    let progress = true
    for (let step = 0; progress && now < deadline && step < stepsPerQuantum; step++) {
      progress = this.#runMails()
      for (const task of this.#tasks) if (task.processInput()) progress = true
      if (this.#runSources(now)) progress = true
      if (this.#bufferTimeoutMs === 0) this.#flush(now)
      now = this.#clock.monotonicMs()
    }
    this.#account(now, false)
    if (progress) {
      this.#isParked = false
      if (this.#bufferTimeoutMs > 0 && now - this.#lastFlushMs >= this.#bufferTimeoutMs) {
        this.#flush(now)
      }
      this.wake()
    } else {
      this.#park(now)
    }
  }

  #runMails(): boolean {
    if (this.#mails.length === 0) return false
    const mails = this.#mails
    this.#mails = []
    for (const mail of mails) {
      try {
        mail()
      } catch (error) {
        this.#onError(error)
      }
    }
    return true
  }

  #runSources(from: number): boolean {
    let progress = false
    for (const task of this.#tasks) {
      const end = from + sourceSliceMs
      for (let poll = 0; poll < pollsPerSlice && task.processSource(); poll++) {
        progress = true
        if (this.#clock.monotonicMs() >= end) break
      }
    }
    return progress
  }

  #park(now: number): void {
    this.#isParked = true
    if (this.#bufferTimeoutMs >= 0) this.#flush(now)
    for (const task of this.#tasks) task.settle()
  }

  #flush(now: number): void {
    this.#lastFlushMs = now
    for (const task of this.#tasks) task.flush()
  }

  #account(now: number, isParked: boolean): void {
    const elapsed = now - this.#lastMs
    this.#lastMs = now
    if (elapsed > 0) for (const task of this.#tasks) task.account(elapsed, isParked)
  }
}
