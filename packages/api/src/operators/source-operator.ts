import { assert, type Clock, type Logger, unreachable } from '@millrace/core'
import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
} from '../source/source.ts'
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'

/** What a source needs of the task it runs in. */
export interface SourceOperatorServices {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly clock: Clock
  readonly logger: Logger
  /** To the source's coordinator in the job host. */
  readonly sendEvent: (event: Uint8Array) => void
}

/**
 * A source's subtask: makes the reader and passes on what it and its enumerator say to each other.
 * Order of calls: `open`, then polls, `close` always. Events may come at any time before `close`;
 * those before `open` wait for it.
 */
export class SourceOperator<T = unknown> {
  readonly #source: Source<T>
  readonly #services: SourceOperatorServices
  readonly #early: Uint8Array[] = []
  #reader: SourceReader<T, unknown> | undefined = undefined

  constructor(source: Source<T>, services: SourceOperatorServices) {
    this.#source = source
    this.#services = services
  }

  open(): void {
    assert(this.#reader === undefined, 'a source is opened twice')
    const { subtaskIndex, parallelism, clock, logger, sendEvent } = this.#services
    const context: SourceReaderContext = {
      subtaskIndex,
      parallelism,
      clock,
      logger,
      sendSplitRequest: () => sendEvent(encodeSourceEvent({ kind: 'request-split' })),
      sendEventToEnumerator: (event) => {
        sendEvent(encodeSourceEvent({ kind: 'reader-source-event', event }))
      },
    }
    this.#reader = this.#source.createReader(context)
    this.#reader.start()
    for (const event of this.#early.splice(0)) this.handleEvent(event)
  }

  /** See SourceReader.pollNext. What it throws may come from the reader or from what follows it. */
  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    return this.#open().pollNext(output, countMax)
  }

  whenAvailable(): Promise<void> {
    return this.#open().whenAvailable()
  }

  handleEvent(bytes: Uint8Array): void {
    if (this.#reader === undefined) {
      this.#early.push(bytes)
      return
    }
    const event = decodeReaderEvent(bytes)
    switch (event.kind) {
      case 'add-splits':
        this.#reader.addSplits(event.splits)
        return
      case 'no-more-splits':
        this.#reader.notifyNoMoreSplits()
        return
      case 'source-event':
        this.#reader.handleSourceEvent?.(event.event)
        return
      default:
        unreachable(event)
    }
  }

  close(): void | Promise<void> {
    return this.#reader?.close()
  }

  #open(): SourceReader<T, unknown> {
    assert(this.#reader !== undefined, 'a source is polled before it is opened')
    return this.#reader
  }
}
