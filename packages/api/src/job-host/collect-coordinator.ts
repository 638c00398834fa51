import {
  type CollectedResults,
  decodeGeneric,
  type ExecutionAttemptId,
  encodeGeneric,
  MillraceError,
} from '@millrace/core'
import type { CollectAcknowledgement, CollectBatch } from '../sink/collect-event.ts'
import { decodeEvent } from '../source/source-event.ts'
import type {
  CoordinatorRestore,
  CoordinatorServices,
  OperatorCoordinator,
} from './operator-coordinator.ts'

interface GatheredRecord {
  readonly lane: string
  readonly bytes: Uint8Array
}

interface Lane {
  /** Who sent of it last: the attempt whose lane it is, or one that restored it. */
  owner: Attempt | undefined
  /** Number of the next record that is new. */
  received: number
  /** Records below it were handed out. */
  handedOut: number
}

interface Attempt {
  readonly subtaskIndex: number
  readonly attemptId: ExecutionAttemptId
}

/** How many records were handed out when a checkpoint began, in all and of each lane. */
interface Position {
  readonly handedOut: number
  readonly lanes: readonly (readonly [lane: string, handedOut: number])[]
}

/** A reply's records end at the first that brings them to this size. */
const replyBytesMax = 1024 * 1024

// Invariants
//  - Records are handed out once, in the order of their lane.
//  - What was handed out before a checkpoint's snapshot had been written before its barrier: it
//    stays where that checkpoint is restored. What is handed out later has to be taken back, for it
//    is written again, or sent again: it is in the state of its writer.
//  - Only the end of what was handed out can be taken back. Where a subtask begins again alone and
//    records of its failed attempt were handed out since the checkpoint, the coordinator fails: so
//    all subtasks begin again, and it with them, at the position of the checkpoint.

/** Gathers the records of one collect sink until they are fetched. */
export class CollectCoordinator implements OperatorCoordinator {
  readonly epoch: number
  readonly #services: CoordinatorServices
  readonly #attempts = new Map<number, Attempt>()
  readonly #lanes = new Map<string, Lane>()
  /** By checkpoint that may be restored without this coordinator being started anew. */
  readonly #positions = new Map<number, Position>()
  /** Subtasks whose failed attempt has records handed out that are void. */
  readonly #spoilt = new Set<number>()
  #startPosition: Position = { handedOut: 0, lanes: [] }
  #lastSnapshotId = 0
  /** No earlier one can be restored but with this coordinator. */
  #completedId = 0
  #handedOut = 0
  #records: GatheredRecord[] = []
  #isFailed = false

  constructor(epoch: number, services: CoordinatorServices) {
    this.epoch = epoch
    this.#services = services
  }

  /** How many records were handed out that are not void. */
  get position(): number {
    return this.#handedOut
  }

  start(restored: CoordinatorRestore | undefined): void {
    this.#completedId = restored?.checkpointId ?? 0
    if (restored?.state === undefined) return
    const position = decodeGeneric(restored.state) as Position
    this.#startPosition = position
    this.#handedOut = position.handedOut
    for (const [lane, handedOut] of position.lanes) {
      this.#lanes.set(lane, { owner: undefined, received: handedOut, handedOut })
    }
  }

  readerRegistered(subtaskIndex: number, attemptId: ExecutionAttemptId): void {
    const earlier = this.#attempts.get(subtaskIndex)?.attemptId
    if (earlier === attemptId) return
    if (earlier !== undefined) this.readerFailed(subtaskIndex, earlier, undefined)
    this.#attempts.set(subtaskIndex, { subtaskIndex, attemptId })
    if (this.#spoilt.has(subtaskIndex)) {
      this.#fail(
        `Subtask ${subtaskIndex} of collect sink '${this.#services.operatorName}' begins again, ` +
          'but records of its failed attempt were fetched already. All its subtasks begin again.',
      )
    }
  }

  readerFailed(
    subtaskIndex: number,
    attemptId: ExecutionAttemptId,
    restoredCheckpointId: number | undefined,
  ): void {
    const attempt = this.#attempts.get(subtaskIndex)
    if (attempt?.attemptId !== attemptId) return
    this.#attempts.delete(subtaskIndex)
    const position = this.#positions.get(restoredCheckpointId ?? 0) ?? this.#startPosition
    const handedOutThen = new Map(position.lanes)
    const dropped = new Set<string>()
    for (const [name, lane] of this.#lanes) {
      if (lane.owner !== attempt) continue
      dropped.add(name)
      lane.received = lane.handedOut
      if (lane.handedOut > (handedOutThen.get(name) ?? 0)) this.#spoilt.add(subtaskIndex)
    }
    if ((restoredCheckpointId ?? 0) < this.#completedId) this.#spoilt.add(subtaskIndex)
    this.#records = this.#records.filter(({ lane }) => !dropped.has(lane))
  }

  handleEvent(subtaskIndex: number, attemptId: ExecutionAttemptId, event: Uint8Array): void {
    const attempt = this.#attempts.get(subtaskIndex)
    if (this.#isFailed || attempt?.attemptId !== attemptId) return
    const batch = decodeEvent<CollectBatch>(event, ['records'])
    const lane = this.#laneOf(batch.lane)
    lane.owner = attempt
    if (batch.first > lane.received) {
      this.#fail(
        `Collect sink '${this.#services.operatorName}' misses records ${lane.received} to ` +
          `${batch.first - 1} of ${batch.lane}. All its subtasks begin again.`,
      )
      return
    }
    for (const bytes of batch.records.slice(lane.received - batch.first)) {
      this.#records.push({ lane: batch.lane, bytes })
      lane.received++
    }
    if (batch.first < lane.handedOut) this.#acknowledge(batch.lane, lane)
  }

  snapshot(checkpointId: number): Uint8Array | undefined {
    if (this.#isFailed) return undefined
    const lanes = [...this.#lanes].map(([name, lane]) => [name, lane.handedOut] as const)
    const position: Position = { handedOut: this.#handedOut, lanes }
    this.#positions.set(checkpointId, position)
    this.#lastSnapshotId = checkpointId
    return encodeGeneric(position)
  }

  checkpointCompleted(checkpointId: number): void {
    if (!this.#positions.has(checkpointId)) return
    this.#completedId = checkpointId
    for (const id of this.#positions.keys()) if (id < checkpointId) this.#positions.delete(id)
    // All writers have sent by now what they restored: nobody will send of another lane any more.
    for (const [name, { owner }] of this.#lanes) {
      const isLive = owner !== undefined && this.#attempts.get(owner.subtaskIndex) === owner
      if (!isLive) this.#lanes.delete(name)
    }
  }

  checkpointAborted(checkpointId: number): void {
    this.#positions.delete(checkpointId)
  }

  /** Takes records out, and lets their writers go on. */
  fetch(recordCountMax: number, isJobEnded: boolean): CollectedResults {
    const position = this.#handedOut
    const taken = this.#isFailed ? [] : this.#records.splice(0, this.#replyLength(recordCountMax))
    for (const [name, records] of Map.groupBy(taken, (record) => record.lane)) {
      const lane = this.#laneOf(name)
      lane.handedOut += records.length
      this.#acknowledge(name, lane)
    }
    this.#handedOut += taken.length
    return {
      records: taken.map((record) => record.bytes),
      isEnd: isJobEnded && this.#records.length === 0,
      epoch: this.epoch,
      position,
    }
  }

  close(): void {
    this.#isFailed = true
    this.#records = []
  }

  #laneOf(name: string): Lane {
    const lane = this.#lanes.get(name) ?? { owner: undefined, received: 0, handedOut: 0 }
    this.#lanes.set(name, lane)
    return lane
  }

  #replyLength(recordCountMax: number): number {
    let bytes = 0
    for (const [index, record] of this.#records.entries()) {
      bytes += record.bytes.length
      if (index + 1 >= recordCountMax || bytes >= replyBytesMax) return index + 1
    }
    return this.#records.length
  }

  #acknowledge(name: string, { owner, handedOut }: Lane): void {
    if (owner === undefined) return
    const acknowledgement: CollectAcknowledgement = {
      kind: 'acknowledge',
      lane: name,
      upTo: handedOut,
      snapshotId: this.#lastSnapshotId,
    }
    const { subtaskIndex, attemptId } = owner
    this.#services.sendEvent(subtaskIndex, attemptId, encodeGeneric(acknowledgement))
  }

  #fail(message: string): void {
    if (this.#isFailed) return
    this.close()
    const details = { sink: this.#services.operatorName }
    this.#services.fail(
      new MillraceError('SINK_FAILED', message, {
        disposition: 'retry',
        blame: 'external',
        details,
      }),
    )
  }
}
