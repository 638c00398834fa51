import type { Clock, Timer } from '@millrace/core'

/**
 * Executes the commands of a pure module one after the other, also those that arise while one is
 * executed, and calls it when its next deadline comes.
 */
export class CommandLoop<Command extends { readonly kind: string }> {
  readonly #clock: Clock
  readonly #execute: (command: Command) => void
  readonly #onTick: (nowMs: number) => readonly Command[]
  readonly #deadlineMs: () => number | undefined
  #queue: Command[] = []
  #isRunning = false
  #timer: Timer | undefined
  #timerMs = Number.POSITIVE_INFINITY

  constructor(
    clock: Clock,
    machine: {
      readonly execute: (command: Command) => void
      readonly onTick: (nowMs: number) => readonly Command[]
      readonly deadlineMs: () => number | undefined
    },
  ) {
    this.#clock = clock
    this.#execute = machine.execute
    this.#onTick = machine.onTick
    this.#deadlineMs = machine.deadlineMs
  }

  /** Commands of an event. */
  run(commands: readonly Command[]): void {
    this.#drain(commands)
    this.#arm()
  }

  /** The same where a message or heartbeat was the event: unless more came of it, it only puts
   *  deadlines off, so none is computed. */
  runTraffic(commands: readonly Command[]): void {
    if (commands.length === 0) return
    this.#drain(commands)
    if (commands.some(({ kind }) => kind !== 'deliver' && kind !== 'send-frame')) this.#arm()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
  }

  #drain(commands: readonly Command[]): void {
    this.#queue.push(...commands)
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      for (let i = 0; i < this.#queue.length; i++) {
        const command = this.#queue[i]
        if (command !== undefined) this.#execute(command)
      }
    } finally {
      this.#queue = []
      this.#isRunning = false
    }
  }

  #arm(): void {
    const deadlineMs = this.#deadlineMs() ?? Number.POSITIVE_INFINITY
    if (deadlineMs >= this.#timerMs) return
    this.close()
    this.#timerMs = deadlineMs
    const delayMs = Math.max(0, deadlineMs - this.#clock.monotonicMs())
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timerMs = Number.POSITIVE_INFINITY
      this.run(this.#onTick(this.#clock.monotonicMs()))
    })
  }
}
