import {
  type Clock,
  type Logger,
  type Random,
  randomFraction,
  type ThreadExit,
  type Timer,
} from '@millrace/core'
import { forwardLog, type SlotThread, type SlotThreadOwner } from './slot-thread.ts'

// Starts all slot threads. A slot that needs one gets the spare at once, and a new spare is started
// behind it, so that replacing a thread costs no thread start. Threads that end unasked before they
// have served a job are started again after a pause that doubles, so that a thread that cannot
// start (a broken installation, no free port) does not eat the machine.

export interface WarmSparePoolOptions {
  /** Threads kept ready while no slot waits for one. */
  readonly spareCount: number
  readonly restartDelayInitialMs: number
  readonly restartDelayMsMax: number
  /** After this long without a death the pause is forgotten. */
  readonly restartDelayResetMs: number
}

export const warmSparePoolOptionsDefault: WarmSparePoolOptions = {
  spareCount: 1,
  restartDelayInitialMs: 50,
  restartDelayMsMax: 10_000,
  restartDelayResetMs: 30_000,
}

/** Starts a thread that tells `owner` of itself. */
export type StartSlotThread = (owner: SlotThreadOwner) => SlotThread

export class WarmSparePool {
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #start: StartSlotThread
  readonly #options: WarmSparePoolOptions
  readonly #starting = new Set<SlotThread>()
  readonly #ready: SlotThread[] = []
  readonly #waiting: ((thread: SlotThread) => void)[] = []
  #restartDelayMs = 0
  #lastDeathMs = Number.NEGATIVE_INFINITY
  #restartTimer: Timer | undefined
  #isClosed = false

  constructor(
    clock: Clock,
    random: Random,
    logger: Logger,
    start: StartSlotThread,
    options: WarmSparePoolOptions = warmSparePoolOptionsDefault,
  ) {
    this.#clock = clock
    this.#random = random
    this.#logger = logger
    this.#start = start
    this.#options = options
  }

  /** Hands a ready thread to `receive`: now, if a spare is ready, else as soon as one is. */
  take(receive: (thread: SlotThread) => void): void {
    this.#waiting.push(receive)
    this.#serve()
  }

  /** A thread ended unasked before it served a job: after it was handed over, too. */
  noteEarlyDeath(exit: ThreadExit): void {
    const now = this.#clock.monotonicMs()
    const { restartDelayInitialMs, restartDelayMsMax, restartDelayResetMs } = this.#options
    const isFirst = now - this.#lastDeathMs > restartDelayResetMs
    const doubled = isFirst ? restartDelayInitialMs : this.#restartDelayMs * 2
    this.#restartDelayMs = Math.min(doubled, restartDelayMsMax)
    this.#lastDeathMs = now
    const delayMs = this.#restartDelayMs * (0.75 + 0.5 * randomFraction(this.#random))
    this.#logger.warn('slot thread ended before it served a job', {
      reason: exit.reason,
      exitCode: exit.exitCode,
      error: exit.error?.message,
      restartDelayMs: Math.round(delayMs),
    })
    this.#restartTimer?.cancel()
    if (this.#isClosed) return
    this.#restartTimer = this.#clock.setTimer(delayMs, () => {
      this.#restartTimer = undefined
      this.#serve()
    })
  }

  /** Serves nobody any more, and starts nothing; the threads are the caller's to terminate. */
  close(): void {
    this.#isClosed = true
    this.#restartTimer?.cancel()
    this.#waiting.length = 0
    this.#starting.clear()
    this.#ready.length = 0
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#ready.length > 0) {
      const receive = this.#waiting.shift()
      const thread = this.#ready.shift()
      if (receive !== undefined && thread !== undefined) receive(thread)
    }
    this.#startMissing()
  }

  /** Slots that wait come first: the spare is started once they have their threads. */
  #startMissing(): void {
    if (this.#isClosed || this.#restartTimer !== undefined) return
    const wanted = this.#waiting.length > 0 ? this.#waiting.length : this.#options.spareCount
    while (this.#starting.size + this.#ready.length < wanted) this.#startThread()
  }

  #startThread(): void {
    const thread: SlotThread = this.#start({
      onReady: () => {
        if (!this.#starting.delete(thread)) return
        this.#ready.push(thread)
        this.#serve()
      },
      onEvent: (event) => {
        if (event.kind === 'log') forwardLog(this.#logger, event)
      },
      onExit: (exit) => {
        const isStarting = this.#starting.delete(thread)
        const position = this.#ready.indexOf(thread)
        if (position >= 0) this.#ready.splice(position, 1)
        if (isStarting || position >= 0) this.noteEarlyDeath(exit)
      },
    })
    this.#starting.add(thread)
  }
}
