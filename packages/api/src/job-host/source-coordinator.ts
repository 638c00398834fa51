import {
  assert,
  decodeGeneric,
  type ExecutionAttemptId,
  encodeGeneric,
  MillraceError,
  supervise,
  unreachable,
} from '@millrace/core'
import type { Source, SplitEnumerator, SplitEnumeratorContext } from '../source/source.ts'
import {
  decodeEnumeratorEvent,
  encodeSourceEvent,
  type ReaderEvent,
} from '../source/source-event.ts'
import { CallQueue } from './call-queue.ts'
import type {
  CoordinatorRestore,
  CoordinatorServices,
  OperatorCoordinator,
} from './operator-coordinator.ts'
import { SplitAssignments } from './split-assignments.ts'

/** As it is in checkpoints. */
interface SavedEnumerator {
  /** Of the source. */
  readonly kind: string
  readonly state: unknown
}

// Invariants
//  - A split is at any time in one place: in the enumerator, with one registered attempt, or in
//    what that attempt's successor restores. When an attempt fails, what it was given since the
//    restored checkpoint goes back to the enumerator before the next attempt is announced.
//  - The enumerator hears nothing of attempts that are not registered any more.
//  - Once closed or failed, the enumerator is only closed: none of its handlers is called.

/** Hosts the SplitEnumerator of one source. */
export class SourceCoordinator implements OperatorCoordinator {
  readonly #source: Source<unknown>
  readonly #services: CoordinatorServices
  readonly #calls: CallQueue
  readonly #attempts = new Map<number, ExecutionAttemptId>()
  /** Where readers only start again with a new enumerator, nothing need be remembered. */
  #assignments: SplitAssignments | undefined = undefined
  #enumerator: SplitEnumerator<unknown, unknown> | undefined = undefined
  #isClosed = false

  constructor(source: Source<unknown>, services: CoordinatorServices) {
    this.#source = source
    this.#services = services
    this.#calls = new CallQueue(services.clock, (action) => this.#guard(action))
  }

  start(restored: CoordinatorRestore | undefined): void {
    if (!this.#services.restartsAsOne) {
      this.#assignments = new SplitAssignments(restored?.checkpointId ?? 0)
    }
    this.#guard(() => {
      const state = restored?.state === undefined ? undefined : this.#decode(restored.state)
      this.#enumerator = this.#source.createEnumerator(this.#context(), state)
      this.#enumerator.start()
    })
  }

  readerRegistered(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    const earlier = this.#attempts.get(subtaskIndex)
    if (earlier === attemptId) return
    if (earlier !== undefined) this.readerFailed(subtaskIndex, earlier, undefined)
    this.#attempts.set(subtaskIndex, attemptId)
    this.#guard(() => this.#enumerator?.addReader(subtaskIndex))
  }

  readerFailed(
    subtaskIndex: number,
    attemptId: ExecutionAttemptId,
    restoredCheckpointId: number | undefined,
  ): void {
    if (this.#attempts.get(subtaskIndex) !== attemptId) return
    this.#attempts.delete(subtaskIndex)
    if (this.#assignments === undefined) return
    const splits = this.#assignments.takeBack(subtaskIndex, restoredCheckpointId)
    if (splits?.length === 0) return
    this.#guard(() => {
      if (splits === undefined) throw this.#goesBackTooFar(subtaskIndex, restoredCheckpointId)
      this.#enumerator?.addSplitsBack(splits, subtaskIndex)
    })
  }

  snapshot(checkpointId: number): Uint8Array | undefined {
    let bytes: Uint8Array | undefined
    this.#guard(() => {
      const enumerator = this.#enumerator
      assert(enumerator !== undefined, 'a coordinator is snapshotted before it is started')
      const state: SavedEnumerator = {
        kind: this.#source.kind,
        state: enumerator.snapshotState(checkpointId),
      }
      bytes = encodeGeneric(state)
      this.#assignments?.onSnapshot(checkpointId)
    })
    return bytes
  }

  checkpointCompleted(checkpointId: number): void {
    this.#assignments?.onCompleted(checkpointId)
    this.#guard(() => this.#enumerator?.notifyCheckpointComplete?.(checkpointId))
  }

  checkpointAborted(): void {}

  handleEvent(subtaskIndex: number, attemptId: ExecutionAttemptId, bytes: Uint8Array): void {
    if (this.#attempts.get(subtaskIndex) !== attemptId) return
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

  /** The state of the enumerator, if it is of a source of this kind. */
  #decode(bytes: Uint8Array): unknown {
    const { kind, state } = decodeGeneric(bytes) as SavedEnumerator
    if (kind === this.#source.kind) return state
    const { operatorName } = this.#services
    throw new MillraceError(
      'STATE_INCOMPATIBLE',
      `The enumerator of '${operatorName}' was saved by a source of kind '${kind}', and is ` +
        `restored by one of kind '${this.#source.kind}'. Give the new source another name.`,
      { blame: 'user', details: { source: operatorName } },
    )
  }

  #context(): SplitEnumeratorContext<unknown> {
    const { parallelism, clock, logger } = this.#services
    return {
      parallelism,
      clock,
      logger,
      registeredReaders: () => [...this.#attempts.keys()].sort((a, b) => a - b),
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
    if (!this.#attempts.has(subtaskIndex)) {
      throw new Error(
        `Splits were assigned to subtask ${subtaskIndex}, which has no reader now. Assign to ` +
          'registeredReaders(), or in answer to a request.',
      )
    }
    this.#send(subtaskIndex, { kind: 'add-splits', splits })
    this.#assignments?.add(subtaskIndex, [...splits])
  }

  /** To a reader that is gone: dropped, its successor asks anew. */
  #send(subtaskIndex: number, event: ReaderEvent): void {
    const attemptId = this.#attempts.get(subtaskIndex)
    if (this.#isClosed || attemptId === undefined) return
    this.#services.sendEvent(subtaskIndex, attemptId, encodeSourceEvent(event))
  }

  #goesBackTooFar(subtaskIndex: number, checkpointId: number | undefined): MillraceError {
    const { operatorName } = this.#services
    const from = checkpointId === undefined ? 'the beginning' : `checkpoint ${checkpointId}`
    return new MillraceError(
      'SOURCE_FAILED',
      `Subtask ${subtaskIndex} of source '${operatorName}' goes back to ${from}, before the ` +
        'latest one that completed, but not its enumerator. All its subtasks begin again, with it.',
      { disposition: 'retry', blame: 'internal', details: { source: operatorName } },
    )
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
