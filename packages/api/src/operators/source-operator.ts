import {
  assert,
  type Clock,
  type ListState,
  type Logger,
  MillraceError,
  type OperatorStateStore,
  unreachable,
} from '@millrace/core'
import type {
  PollStatus,
  ReaderOutput,
  Source,
  SourceReader,
  SourceReaderContext,
} from '../source/source.ts'
import { decodeReaderEvent, encodeSourceEvent } from '../source/source-event.ts'
import type { CheckpointedOperator, StateInitializationContext } from './stream-operator.ts'

/** What a source needs of the task it runs in. */
export interface SourceOperatorServices {
  readonly subtaskIndex: number
  readonly parallelism: number
  readonly clock: Clock
  readonly logger: Logger
  /** To the source's coordinator in the job host. */
  readonly sendEvent: (event: Uint8Array) => void
}

const described = { kind: 'list', elementType: undefined, ttl: undefined } as const

/**
 * A source's subtask: makes the reader and passes on what it and its enumerator say to each other.
 * Its state is the splits of its reader. Order of calls: `initializeState` (left out where there is
 * no state), `open`, then polls, `close` always. Events may come at any time before `close`; those
 * before `open` wait for it. One that had been finished when it was saved has no reader.
 */
export class SourceOperator<T = unknown> implements CheckpointedOperator {
  readonly #source: Source<T>
  readonly #services: SourceOperatorServices
  readonly #early: Uint8Array[] = []
  #splits: ListState<unknown> | undefined = undefined
  #isFinished = false
  #reader: SourceReader<T, unknown> | undefined = undefined

  constructor(source: Source<T>, services: SourceOperatorServices) {
    this.#source = source
    this.#services = services
  }

  /** Asks for the states that a source has. Splits of one of another kind are not its own. */
  static declareStates(
    operatorState: OperatorStateStore,
    { kind }: Pick<Source<unknown>, 'kind'>,
  ): ListState<unknown> {
    // No user's state has a name that begins so.
    return operatorState.getListState<unknown>({ ...described, name: `_splits:${kind}` })
  }

  initializeState({ operatorState, isFinished }: StateInitializationContext): void {
    this.#splits = SourceOperator.declareStates(operatorState, this.#source)
    this.#isFinished = isFinished
  }

  /** A restored reader has its splits before it is started. */
  open(): void {
    assert(this.#reader === undefined, 'a source is opened twice')
    if (!this.#isFinished) this.#startReader()
    for (const event of this.#early.splice(0)) this.handleEvent(event)
  }

  /** See SourceReader.pollNext. What it throws may come from the reader or from what follows it. */
  pollNext(output: ReaderOutput<T>, countMax: number): PollStatus {
    if (this.#isFinished) return 'end-of-input'
    return this.#open().pollNext(output, countMax)
  }

  whenAvailable(): Promise<void> {
    return this.#open().whenAvailable()
  }

  snapshotState(checkpointId: number): void {
    if (this.#reader !== undefined) this.#splits?.update(this.#reader.snapshotState(checkpointId))
  }

  notifyCheckpointComplete(checkpointId: number): void | Promise<void> {
    return this.#reader?.notifyCheckpointComplete?.(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#reader?.notifyCheckpointAborted?.(checkpointId)
  }

  handleEvent(bytes: Uint8Array): void {
    if (this.#isFinished) {
      if (decodeReaderEvent(bytes).kind === 'add-splits') throw hasFinished(this.#services)
      return
    }
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

  #startReader(): void {
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
    const restored = this.#splits?.get() ?? []
    if (restored.length > 0) this.#reader.addSplits(restored)
    this.#reader.start()
  }

  #open(): SourceReader<T, unknown> {
    assert(this.#reader !== undefined, 'a source is polled before it is opened')
    return this.#reader
  }
}

function hasFinished({ subtaskIndex }: SourceOperatorServices): MillraceError {
  return new MillraceError(
    'SOURCE_FAILED',
    `The split enumerator assigned splits to subtask ${subtaskIndex} when that had read all of ` +
      'its own and had been told that there are no more. Make its state say who was told so.',
    { blame: 'user', details: { subtask: subtaskIndex } },
  )
}
