import {
  assert,
  type Clock,
  type DataAddress,
  type Logger,
  type SlotCommand,
  type SlotEvent,
  type SlotOptions,
  type Thread,
  type ThreadExit,
  type ThreadHost,
  type Timer,
} from '@millrace/core'

/** Who is told what a slot thread does: the pool of spares first, then the slot it serves. */
export interface SlotThreadOwner {
  onReady(): void
  onEvent(event: Exclude<SlotEvent, { readonly kind: 'ready' }>): void
  /** Exactly once; nothing follows. */
  onExit(exit: ThreadExit): void
}

export interface SlotThreadSettings {
  readonly slot: SlotOptions
  /** Bound of the thread's heap; 0: Node's default. */
  readonly heapLimitBytes: number
  /** How long a terminated thread may take to be gone. */
  readonly terminationTimeoutMs: number
  /** A terminated thread is still there: nothing in this process can end it. */
  readonly onStuck: (threadName: string) => void
  /** The thread has exited, and its owner knows. */
  readonly onGone: (thread: SlotThread) => void
}

/** One thread that runs the tasks of one slot, for one job at most, from its start to its exit. */
export class SlotThread {
  readonly name: string
  readonly #clock: Clock
  readonly #settings: SlotThreadSettings
  readonly #thread: Thread<SlotCommand>
  #owner: SlotThreadOwner
  #state: 'starting' | 'ready' | 'ending' | 'ended' = 'starting'
  #dataAddress: DataAddress = ''
  #watchdog: Timer | undefined

  constructor(
    clock: Clock,
    threadHost: ThreadHost,
    settings: SlotThreadSettings,
    start: { readonly name: string; readonly owner: SlotThreadOwner },
  ) {
    this.name = start.name
    this.#clock = clock
    this.#settings = settings
    this.#owner = start.owner
    this.#thread = threadHost.start<SlotOptions, SlotCommand, SlotEvent>(
      {
        kind: 'slot',
        name: start.name,
        data: settings.slot,
        heapLimitBytes: settings.heapLimitBytes,
      },
      {
        onMessage: (event) => this.#onMessage(event),
        onExit: (exit) => this.#onExit(exit),
      },
    )
  }

  /** Where its data port listens; empty until it is ready. */
  get dataAddress(): DataAddress {
    return this.#dataAddress
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** From now on `owner` is told, no longer who was before. */
  handTo(owner: SlotThreadOwner): void {
    this.#owner = owner
  }

  /** Commands to a thread that is ending are dropped: its exit ends what they are about. */
  post(command: SlotCommand): void {
    if (this.#state === 'ready') this.#thread.post(command)
  }

  /**
   * Ends the thread whatever it is doing; the owner's `onExit` follows. Calling it again is
   * allowed.
   */
  terminate(): void {
    if (this.#state === 'ending' || this.#state === 'ended') return
    this.#state = 'ending'
    this.#watchdog = this.#clock.setTimer(this.#settings.terminationTimeoutMs, () =>
      this.#settings.onStuck(this.name),
    )
    this.#thread.terminate()
  }

  #onMessage(event: SlotEvent): void {
    if (event.kind !== 'ready') {
      this.#owner.onEvent(event)
    } else if (this.#state === 'starting') {
      this.#state = 'ready'
      this.#dataAddress = event.dataAddress
      this.#owner.onReady()
    }
  }

  #onExit(exit: ThreadExit): void {
    assert(this.#state !== 'ended', `Thread ${this.name} exited twice`)
    this.#state = 'ended'
    this.#watchdog?.cancel()
    this.#owner.onExit(exit)
    this.#settings.onGone(this)
  }
}

/** A line of a slot thread's log, into the log of the process. */
export function forwardLog(
  logger: Logger,
  line: Extract<SlotEvent, { readonly kind: 'log' }>,
): void {
  const level = line.level === 'trace' ? 'debug' : line.level
  logger[level](line.event, line.fields)
}
