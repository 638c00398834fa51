import {
  type CollectedResults,
  type ExecutionAttemptId,
  encodeGeneric,
  MillraceError,
} from '@millrace/core'
import type { CollectAcknowledgement, CollectBatch } from '../sink/collect-event.ts'
import { decodeEvent } from '../source/source-event.ts'
import type { CoordinatorServices, OperatorCoordinator } from './operator-coordinator.ts'

interface GatheredRecord {
  readonly subtaskIndex: number
  readonly attemptId: ExecutionAttemptId
  readonly bytes: Uint8Array
}

/** A reply's records end at the first that brings them to this size. */
const replyBytesMax = 1024 * 1024

// Invariants
//  - Records are handed out once, in the order of their subtask.
//  - Records of an attempt that failed are not handed out. Where some were already, the subtask
//    cannot begin again on its own: the coordinator fails, so that all subtasks do, in a new epoch.

/** Gathers the records of one collect sink until they are fetched. */
export class CollectCoordinator implements OperatorCoordinator {
  readonly epoch: number
  readonly #services: CoordinatorServices
  readonly #attempts = new Map<number, ExecutionAttemptId>()
  /** Subtasks with records that were handed out. */
  readonly #handedOut = new Set<number>()
  /** Of these, those whose attempt failed. */
  readonly #spoilt = new Set<number>()
  #records: GatheredRecord[] = []
  #isFailed = false

  constructor(epoch: number, services: CoordinatorServices) {
    this.epoch = epoch
    this.#services = services
  }

  start(): void {}

  readerRegistered(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    const earlier = this.#attempts.get(subtaskIndex)
    if (earlier === attemptId) return
    if (earlier !== undefined) this.readerFailed(subtaskIndex, earlier)
    this.#attempts.set(subtaskIndex, attemptId)
    if (!this.#spoilt.has(subtaskIndex) || this.#isFailed) return
    this.close()
    this.#services.fail(beginsAgain(this.#services.operatorName, subtaskIndex))
  }

  readerFailed(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    if (this.#attempts.get(subtaskIndex) !== attemptId) return
    this.#attempts.delete(subtaskIndex)
    this.#records = this.#records.filter((record) => record.attemptId !== attemptId)
    if (this.#handedOut.has(subtaskIndex)) this.#spoilt.add(subtaskIndex)
  }

  handleEvent(subtaskIndex: number, attemptId: ExecutionAttemptId, event: Uint8Array): void {
    if (this.#isFailed || this.#attempts.get(subtaskIndex) !== attemptId) return
    const { records } = decodeEvent<CollectBatch>(event, ['records'])
    for (const bytes of records) this.#records.push({ subtaskIndex, attemptId, bytes })
  }

  /** Takes records out, and lets their writers go on. */
  fetch(recordCountMax: number, isJobEnded: boolean): CollectedResults {
    const taken = this.#isFailed ? [] : this.#records.splice(0, this.#replyLength(recordCountMax))
    for (const [subtaskIndex, of] of Map.groupBy(taken, (record) => record.subtaskIndex)) {
      this.#handedOut.add(subtaskIndex)
      this.#acknowledge(subtaskIndex, of)
    }
    return {
      records: taken.map((record) => record.bytes),
      isEnd: isJobEnded && this.#records.length === 0,
      epoch: this.epoch,
    }
  }

  close(): void {
    this.#isFailed = true
    this.#records = []
  }

  #replyLength(recordCountMax: number): number {
    let bytes = 0
    for (const [index, record] of this.#records.entries()) {
      bytes += record.bytes.length
      if (index + 1 >= recordCountMax || bytes >= replyBytesMax) return index + 1
    }
    return this.#records.length
  }

  #acknowledge(subtaskIndex: number, records: readonly GatheredRecord[]): void {
    const attemptId = this.#attempts.get(subtaskIndex)
    if (attemptId === undefined) return
    const acknowledgement: CollectAcknowledgement = {
      kind: 'acknowledge',
      recordCount: records.length,
      bytes: records.reduce((sum, record) => sum + record.bytes.length, 0),
    }
    this.#services.sendEvent(subtaskIndex, attemptId, encodeGeneric(acknowledgement))
  }
}

function beginsAgain(name: string, subtaskIndex: number): MillraceError {
  return new MillraceError(
    'SINK_FAILED',
    `Subtask ${subtaskIndex} of collect sink '${name}' begins again, but records of its failed ` +
      'attempt were fetched already. All its subtasks begin again, with new results.',
    { disposition: 'retry', blame: 'external', details: { sink: name, subtask: subtaskIndex } },
  )
}
