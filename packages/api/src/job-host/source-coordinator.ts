import { type ExecutionAttemptId, supervise, unreachable } from '@millrace/core'
import type { Source, SplitEnumerator, SplitEnumeratorContext } from '../source/source.ts'
import {
  decodeEnumeratorEvent,
  encodeSourceEvent,
  type ReaderEvent,
} from '../source/source-event.ts'
import { CallQueue } from './call-queue.ts'
import type { CoordinatorServices, OperatorCoordinator } from './operator-coordinator.ts'

interface Reader {
  readonly attemptId: ExecutionAttemptId
  /**
   * Given to this attempt; they go back if it fails. Empty where readers only start again with a
   * new enumerator: a source that never ends gives out splits for ever.
   */
  readonly splits: unknown[]
}

// Invariants
//  - A split is given to one registered attempt at a time. When the attempt is replaced or fails,
//    all it was given goes back to the enumerator before the next attempt is announced.
//  - The enumerator hears nothing of attempts that are not registered any more.
//  - Once closed or failed, the enumerator is only closed: none of its handlers is called.

/** Hosts the SplitEnumerator of one source. */
export class SourceCoordinator implements OperatorCoordinator {
  readonly #source: Source<unknown>
  readonly #services: CoordinatorServices
  readonly #calls: CallQueue
  readonly #readers = new Map<number, Reader>()
  #enumerator: SplitEnumerator<unknown, unknown> | undefined = undefined
  #isClosed = false

  constructor(source: Source<unknown>, services: CoordinatorServices) {
    this.#source = source
    this.#services = services
    this.#calls = new CallQueue(services.clock, (action) => this.#guard(action))
  }

  start(): void {
    this.#guard(() => {
      this.#enumerator = this.#source.createEnumerator(this.#context(), undefined)
      this.#enumerator.start()
    })
  }

  readerRegistered(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    const earlier = this.#readers.get(subtaskIndex)
    if (earlier?.attemptId === attemptId) return
    if (earlier !== undefined) this.readerFailed(subtaskIndex, earlier.attemptId)
    this.#readers.set(subtaskIndex, { attemptId, splits: [] })
    this.#guard(() => this.#enumerator?.addReader(subtaskIndex))
  }

  readerFailed(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    const reader = this.#readers.get(subtaskIndex)
    if (reader?.attemptId !== attemptId) return
    this.#readers.delete(subtaskIndex)
    if (reader.splits.length === 0) return
    this.#guard(() => this.#enumerator?.addSplitsBack(reader.splits, subtaskIndex))
  }

  handleEvent(subtaskIndex: number, attemptId: ExecutionAttemptId, bytes: Uint8Array): void {
    if (this.#readers.get(subtaskIndex)?.attemptId !== attemptId) return
    this.#guard(() => {
      const event = decodeEnumeratorEvent(bytes)
      switch (event.kind) {
        case 'request-split':
          this.#enumerator?.handleSplitRequest(subtaskIndex)
          return
        case 'reader-source-event':
          this.#enumerator?.handleSourceEvent?.(subtaskIndex, event.event)
          return
        default:
          unreachable(event)
      }
    })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#calls.close()
    const enumerator = this.#enumerator
    if (enumerator !== undefined) {
      supervise((async () => enumerator.close())(), (error) =>
        this.#services.logger.warn('split enumerator failed to close', { error }),
      )
    }
  }

  #context(): SplitEnumeratorContext<unknown> {
    const { parallelism, clock, logger } = this.#services
    return {
      parallelism,
      clock,
      logger,
      registeredReaders: () => [...this.#readers.keys()].sort((a, b) => a - b),
      assignSplits: (subtaskIndex, splits) => this.#assignSplits(subtaskIndex, splits),
      signalNoMoreSplits: (subtaskIndex) => this.#send(subtaskIndex, { kind: 'no-more-splits' }),
      sendEventToSourceReader: (subtaskIndex, event) => {
        this.#send(subtaskIndex, { kind: 'source-event', event })
      },
      callAsync: (call, handler, schedule) => this.#calls.add(call, handler, schedule),
    }
  }

  #assignSplits(subtaskIndex: number, splits: readonly unknown[]): void {
    if (this.#isClosed) return
    const reader = this.#readers.get(subtaskIndex)
    if (reader === undefined) {
      throw new Error(
        `Splits were assigned to subtask ${subtaskIndex}, which has no reader now. Assign to ` +
          'registeredReaders(), or in answer to a request.',
      )
    }
    this.#send(subtaskIndex, { kind: 'add-splits', splits })
    if (!this.#services.restartsAsOne) reader.splits.push(...splits)
  }

  /** To a reader that is gone: dropped, its successor asks anew. */
  #send(subtaskIndex: number, event: ReaderEvent): void {
    const reader = this.#readers.get(subtaskIndex)
    if (this.#isClosed || reader === undefined) return
    this.#services.sendEvent(subtaskIndex, reader.attemptId, encodeSourceEvent(event))
  }

  /** The one place where code of the enumerator is called. */
  #guard(action: () => void): void {
    if (this.#isClosed) return
    try {
      action()
    } catch (error) {
      this.close()
      this.#services.fail(error)
    }
  }
}
