import { supervise } from '@millrace/core'
import type { TaskChain } from './task-chain.ts'

/** Records of one poll of a source: one time slice has many. */
const polledRecordsMax = 128

/** What a task knows of the source that its chain begins with. */
export class TaskSource {
  readonly #source: NonNullable<TaskChain['source']>
  /** There may be more to poll. */
  readonly #onAvailable: () => void
  readonly #onError: (error: unknown) => void
  #isWaiting = false
  #hasEnded = false

  constructor(
    source: NonNullable<TaskChain['source']>,
    onAvailable: () => void,
    onError: (error: unknown) => void,
  ) {
    this.#source = source
    this.#onAvailable = onAvailable
    this.#onError = onError
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** It may have records now. */
  get isReady(): boolean {
    return !this.#hasEnded && !this.#isWaiting
  }

  /** Nothing more is polled. */
  end(): void {
    this.#hasEnded = true
    this.#onAvailable()
  }

  /** Emits some records. True where there is something to do afterwards: more, or the end. */
  poll(): boolean {
    const { operator, output } = this.#source
    const status = operator.pollNext(output, polledRecordsMax)
    if (status === 'more-available') return true
    if (status === 'end-of-input') this.#hasEnded = true
    else this.#wait(operator.whenAvailable())
    return this.#hasEnded
  }

  #wait(available: Promise<void>): void {
    this.#isWaiting = true
    const waited = available.then(() => {
      this.#isWaiting = false
      this.#onAvailable()
    })
    supervise(waited, this.#onError)
  }
}
