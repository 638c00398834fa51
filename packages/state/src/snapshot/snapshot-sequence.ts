// The snapshots of one backend, from the seal until they are durable or given up.
//
// Invariants
//  - One snapshot at most is being encoded; it is the one that was sealed last.
//  - A snapshot is durable only after all that were sealed before it: its segments mean something
//    only behind theirs. Where one is given up, those behind it are too.
//  - The chain has every segment that is durable, whatever became of its checkpoint.

import {
  assert,
  type CheckpointStorage,
  type Clock,
  type ExecutionAttemptId,
  type KeyedStateHandle,
  type KeyGroupRange,
  MillraceError,
  type SegmentHandle,
} from '@millrace/core'
import type { KeyedSnapshot } from './keyed-snapshot.ts'
import type { RecordBuffer } from './record-buffer.ts'
import { releaseBuffer } from './release-buffer.ts'
import type { SegmentChain } from './segment-chain.ts'
import type { SegmentHeader, StoredState } from './segment-format.ts'
import { writeSegments } from './segment-writer.ts'
import { runSlice, runSliced, type Sliced } from './slice.ts'

/** What a backend keeps of its state for a snapshot. */
export interface SealedState {
  /** Appends what has changed, and all that is in the base, to the records. Called once. */
  encode(): Sliced<void>
  /** What came before all that is encoded, in order; each is segments of its own. */
  readonly parts?: readonly (() => Promise<RecordBuffer>)[]
  /** After `encode`, before anything is written: appends what it has to wait for. */
  finish?(): Promise<void>
  /** It is durable. */
  release(): void
  /** It will never be: all of it is part of what is sealed next. */
  reopen(): void
}

/** What is sealed together. */
export interface Sealing {
  readonly states: readonly StoredState[]
  /** Key groups of which all is written, changed or not. */
  readonly base: KeyGroupRange
  /** Nothing has changed and nothing is written. */
  readonly isUnchanged: boolean
  readonly records: RecordBuffer
  readonly state: SealedState
}

export interface SnapshotSequenceOptions {
  /** A segment is not larger, unless one key group is. */
  readonly segmentSizeMaxBytes?: number
  /** At least so much of the state is written with each snapshot, changed or not. */
  readonly baseSizeBytes?: number
}

const segmentSizeMaxDefaultBytes = 64 * 1024 * 1024
const baseSizeDefaultBytes = 1024 * 1024
/** All of the state is written anew within so many snapshots. */
const cycleLengthMax = 20
const recordSizeGuessBytes = 32

export class SnapshotSequence {
  readonly clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>
  readonly segmentSizeMaxBytes: number
  readonly #baseSizeBytes: number
  #chain: SegmentChain
  readonly #pending: PendingSnapshot[] = []
  /** Where the next base begins. */
  #baseStart: number
  #recordSizeBytes = recordSizeGuessBytes
  #lastCheckpointId = 0
  #startsOver = false

  constructor(
    clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>,
    chain: SegmentChain,
    options: SnapshotSequenceOptions = {},
  ) {
    this.clock = clock
    this.#chain = chain
    this.#baseStart = chain.keyGroups.start
    this.segmentSizeMaxBytes = options.segmentSizeMaxBytes ?? segmentSizeMaxDefaultBytes
    this.#baseSizeBytes = options.baseSizeBytes ?? baseSizeDefaultBytes
  }

  get chain(): SegmentChain {
    return this.#chain
  }

  /** Nothing is durable or on its way: the next snapshot has to have everything. */
  get isFirst(): boolean {
    return this.#chain.isEmpty && this.#pending.length === 0
  }

  /** The next snapshot replaces all there is, although there is something. */
  get startsOver(): boolean {
    return this.#startsOver
  }

  /** Changes have become so many that all of the state is less. */
  startOver(): void {
    this.#startsOver = true
  }

  /** Before the first `seal`: what is restored is the beginning of what follows. */
  restore(chain: SegmentChain): void {
    assert(this.#pending.length === 0 && this.#chain.isEmpty, 'State is restored after a seal')
    this.#chain = chain
  }

  /** Before each seal: whoever was sealed before is encoded now. */
  finishEncoding(): void {
    while (this.#pending.at(-1)?.encode(Number.POSITIVE_INFINITY) === false);
  }

  /** Key groups that the next snapshot writes all of, given how many entries there are. */
  nextBase(entryCount: number): KeyGroupRange {
    const { keyGroups } = this.#chain
    if (this.isFirst || this.#startsOver) return keyGroups
    const stateBytes = Math.max(entryCount * this.#recordSizeBytes, 1)
    const share = Math.max(this.#baseSizeBytes / stateBytes, 1 / cycleLengthMax)
    const count = Math.ceil((keyGroups.end - keyGroups.start) * Math.min(share, 1))
    const start = this.#baseStart >= keyGroups.end ? keyGroups.start : this.#baseStart
    return { start, end: Math.min(start + count, keyGroups.end) }
  }

  seal(checkpointId: number, sealing: Sealing): KeyedSnapshot {
    assert(checkpointId > this.#lastCheckpointId, 'Checkpoint ids grow')
    this.#lastCheckpointId = checkpointId
    const snapshot = new PendingSnapshot(this, checkpointId, sealing, this.#pending.at(-1))
    this.#pending.push(snapshot)
    if (!sealing.isUnchanged) {
      this.#baseStart = sealing.base.end
      if (this.#hasAll(sealing.base)) this.#startsOver = false
    }
    return snapshot
  }

  complete(snapshot: PendingSnapshot, segments: readonly SegmentHandle[]): KeyedStateHandle {
    assert(this.#pending[0] === snapshot, 'A snapshot is durable before an earlier one')
    this.#pending.shift()
    this.#chain.add(segments)
    return this.#chain.handle
  }

  /** With all that build upon it, the last first: so their changes come back in order. */
  giveUp(snapshot: PendingSnapshot): void {
    const index = this.#pending.indexOf(snapshot)
    if (index < 0) return
    this.#baseStart = snapshot.sealing.base.start
    for (const each of this.#pending.splice(index).reverse()) {
      // Its removals may have been dropped, because it would have replaced all.
      if (this.#hasAll(each.sealing.base)) this.#startsOver = true
      each.onGivenUp()
    }
  }

  #hasAll({ start, end }: KeyGroupRange): boolean {
    const { keyGroups } = this.#chain
    return start <= keyGroups.start && end >= keyGroups.end
  }

  measured({ sizeBytes, recordCount }: RecordBuffer): void {
    if (recordCount > 0) this.#recordSizeBytes = sizeBytes / recordCount
  }
}

type SnapshotState = 'encoding' | 'encoded' | 'writing' | 'durable' | 'given-up'

class PendingSnapshot implements KeyedSnapshot {
  readonly checkpointId: number
  /** Without the records: they are dropped as soon as they lie in segments. */
  readonly sealing: Omit<Sealing, 'records'>
  readonly #sequence: SnapshotSequence
  readonly #settled = Promise.withResolvers<void>()
  /** Not kept on when it has settled: its own predecessor would be kept with it. */
  #predecessor: PendingSnapshot | undefined
  #state: SnapshotState = 'encoding'
  #records: RecordBuffer | undefined
  #encoding: Sliced<void> | undefined

  constructor(
    sequence: SnapshotSequence,
    checkpointId: number,
    sealing: Sealing,
    predecessor: PendingSnapshot | undefined,
  ) {
    this.#sequence = sequence
    this.checkpointId = checkpointId
    const { records, ...rest } = sealing
    this.sealing = rest
    this.#predecessor = predecessor
    this.#records = records
    this.#encoding = sealing.state.encode()
  }

  encode(budgetMs: number): boolean {
    if (this.#encoding === undefined) return true
    if (!runSlice(this.#encoding, this.#sequence.clock, budgetMs)) return false
    this.#encoding = undefined
    this.#state = 'encoded'
    if (this.#records !== undefined) this.#sequence.measured(this.#records)
    return true
  }

  async write(
    storage: CheckpointStorage,
    attemptId: ExecutionAttemptId,
  ): Promise<KeyedStateHandle> {
    assert(this.#state === 'encoded' || this.#state === 'given-up', `A snapshot is ${this.#state}`)
    try {
      this.#requireKept()
      this.#state = 'writing'
      const segments = await this.#writeSegments(storage, attemptId)
      await this.#predecessor?.settled
      this.#requireKept()
      this.#state = 'durable'
      const handle = this.#sequence.complete(this, segments)
      this.sealing.state.release()
      this.#settle()
      return handle
    } catch (error) {
      this.#sequence.giveUp(this)
      throw error
    }
  }

  discard(): void {
    if (this.#state === 'given-up') return
    assert(this.#state === 'encoding' || this.#state === 'encoded', `It is ${this.#state} already`)
    this.#sequence.giveUp(this)
  }

  /** Durable or given up. */
  get settled(): Promise<void> {
    return this.#settled.promise
  }

  onGivenUp(): void {
    this.#state = 'given-up'
    this.#encoding = undefined
    this.sealing.state.reopen()
    this.#settle()
  }

  #settle(): void {
    this.#predecessor = undefined
    this.#records = undefined
    this.#settled.resolve()
  }

  async #writeSegments(
    storage: CheckpointStorage,
    attemptId: ExecutionAttemptId,
  ): Promise<readonly SegmentHandle[]> {
    const { checkpointId, sealing } = this
    const { chain, clock, segmentSizeMaxBytes } = this.#sequence
    const records = this.#records
    if (records === undefined || sealing.isUnchanged) return []
    const options = { keyGroups: chain.keyGroups, sizeMaxBytes: segmentSizeMaxBytes }
    const handles: SegmentHandle[] = []
    const write = async (of: RecordBuffer, own: Partial<SegmentHeader>): Promise<void> => {
      const header = { checkpointId, replaces: sealing.base, states: sealing.states, ...own }
      const written = await runSliced(writeSegments(header, of, options), clock)
      of.release()
      for (const segment of written) {
        const { bytes, hash, ...rest } = segment
        const name = `${attemptId}/${checkpointId}-${hash}`
        await storage.write(name, bytes)
        handles.push({ name, sizeBytes: bytes.length, checkpointId, ...rest })
        releaseBuffer(bytes.buffer)
      }
    }
    const { start } = chain.keyGroups
    for (const [part, read] of (sealing.state.parts ?? []).entries()) {
      this.#requireKept()
      await write(await read(), { replaces: { start, end: start }, part })
    }
    await sealing.state.finish?.()
    await write(records, {})
    this.#records = undefined
    return handles
  }

  #requireKept(): void {
    if (this.#state !== 'given-up') return
    throw new MillraceError(
      'CHECKPOINT_DECLINED',
      `The keyed state of checkpoint ${this.checkpointId} was given up: it builds on that of an ` +
        'earlier checkpoint, which was aborted or could not be written. The next one has it all.',
      { blame: 'external', disposition: 'retry' },
    )
  }
}
