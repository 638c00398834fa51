import type { KeyedStateHandle, KeyGroupRange } from '@millrace/core'
import type { BackendClock } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { releaseBuffer } from '../snapshot/release-buffer.ts'
import { restoreChain } from '../snapshot/restore-chain.ts'
import type { RestoreSource } from '../snapshot/restore-source.ts'
import type { RestoredNames } from '../snapshot/restored-names.ts'
import { SegmentChain } from '../snapshot/segment-chain.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import { runSliced, type Sliced } from '../snapshot/slice.ts'
import { SnapshotSequence, type SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import type { TimerQueue } from '../timer/timer-queue.ts'
import { BaseScan, type ScannedState } from './base-scan.ts'
import type { CellCache } from './cell-cache.ts'
import { CellChanges } from './cell-changes.ts'
import { recordsOfPart } from './change-part.ts'
import type { StateDatabase } from './state-database.ts'

const noNames: ReadonlySet<string> = new Set()

/** A state of the backend, as its snapshots know it. */
export interface RestorableState extends ScannedState {
  readonly stored: StoredState
  restore(record: SegmentRecord): void
}

/** About what the records of a base may take; a cycle of bases is longer where there is more. */
const baseSizeMaxBytes = 8 * 1024 * 1024
const recordSizeGuessBytes = 64
/** Several times as much is in memory while a snapshot is written. */
const changeLogSizeMaxDefaultBytes = 16 * 1024 * 1024

/** All states and timers of one backend, as its snapshots are made of them. */
export class LevelDbSnapshots {
  readonly #clock: BackendClock
  readonly #keyGroups: KeyGroupRange
  readonly #cache: CellCache
  readonly #database: StateDatabase
  readonly #changes: CellChanges
  readonly #sequence: SnapshotSequence
  readonly #states: RestorableState[] = []
  readonly #timers: TimerQueue[] = []
  #isTrackingTimers = false

  constructor(
    clock: BackendClock,
    keyGroups: KeyGroupRange,
    options: SnapshotSequenceOptions & {
      readonly cache: CellCache
      readonly database: StateDatabase
      /** Changes between two snapshots that are more go to the disk. */
      readonly changeLogSizeMaxBytes?: number
    },
  ) {
    const { cache, database, changeLogSizeMaxBytes } = options
    this.#database = database
    this.#clock = clock
    this.#keyGroups = keyGroups
    this.#cache = cache
    const logSizeMaxBytes = changeLogSizeMaxBytes ?? changeLogSizeMaxDefaultBytes
    this.#changes = new CellChanges(cache, database, logSizeMaxBytes)
    this.#sequence = new SnapshotSequence(clock, new SegmentChain(keyGroups), options)
  }

  /** The id of the next state or queue. */
  get nextId(): number {
    return this.#states.length + this.#timers.length
  }

  /** From now on every change is written down for a snapshot. */
  track(): void {
    this.#cache.listen(this.#changes)
  }

  addState(state: RestorableState): void {
    this.#states.push(state)
  }

  addTimers(queue: TimerQueue): void {
    this.#timers.push(queue)
    if (this.#isTrackingTimers) queue.changes.begin()
  }

  /** See LocalSnapshots. */
  async restore(
    handles: readonly KeyedStateHandle[],
    source: RestoreSource,
    names: RestoredNames,
    stateOf: (stored: StoredState) => { restore(record: SegmentRecord): void },
  ): Promise<void> {
    // Where names have changed the chain is of no use: what is restored is as if it were written,
    // so that the next snapshot has everything.
    if (names.isSame) this.#cache.listen(undefined)
    const chain = new SegmentChain(this.#keyGroups, handles)
    await restoreChain(chain, source, this.#clock, names, (stored) => {
      const state = stateOf(stored)
      return (record) => state.restore(record)
    })
    if (!names.isSame) return
    this.#sequence.restore(chain)
    this.#cache.epoch++
    this.track()
    this.#isTrackingTimers = true
    for (const { changes } of this.#timers) changes.begin()
  }

  seal(checkpointId: number): KeyedSnapshot {
    const sequence = this.#sequence
    sequence.finishEncoding()
    const timers = [...this.#timers]
    const stored = [...this.#states, ...timers].map((state) => state.stored)
    const isUnchanged = this.#changes.isUnchanged && !this.#haveTimersChanged()
    const { isFirst } = sequence
    const nothing = { start: this.#keyGroups.start, end: this.#keyGroups.start }
    // Changes are written down from the first one on: the first time they are the whole state.
    // Where they have parts none of these may be replaced.
    const isWithoutBase = isUnchanged || (isFirst && this.#changes.hasParts)
    const base = isWithoutBase ? nothing : this.#nextBase()
    const records = new RecordBuffer(this.#keyGroups)
    const scan = isFirst || this.#cache.isDatabaseEmpty ? undefined : this.#scan(base)
    const sealed = this.#changes.seal(isFirst ? nothing : base, scan !== undefined)
    const timerBase = isFirst ? this.#keyGroups : base
    const sealedTimers = timers.map(({ changes }) => changes.seal(timerBase, records))
    this.#isTrackingTimers = true
    const changes = this.#changes
    return sequence.seal(checkpointId, {
      ...{ states: stored, base, isUnchanged, records },
      state: {
        *encode(): Sliced<void> {
          yield* changes.encode(sealed, records, base)
          for (const [index, queue] of timers.entries()) {
            const places = sealedTimers[index]
            if (places !== undefined) yield* queue.changes.encode(places)
          }
        },
        parts: sealed.parts.map((part) => async () => {
          const bytes = await part.read()
          const copied = await runSliced(recordsOfPart(bytes), this.#clock)
          // Short ones may lie in a buffer that others are in too.
          if (bytes.length === bytes.buffer.byteLength) releaseBuffer(bytes.buffer)
          return copied
        }),
        finish: async () => {
          await scan?.read(records, sealed.baseNames ?? noNames)
          scan?.close()
        },
        release: () => {
          changes.release(sealed)
          for (const queue of timers) queue.changes.release()
        },
        reopen: () => {
          scan?.close()
          changes.reopen(sealed)
          for (const [index, queue] of timers.entries()) {
            const places = sealedTimers[index]
            if (places !== undefined) queue.changes.reopen(places)
          }
        },
      },
    })
  }

  #scan(base: KeyGroupRange): BaseScan | undefined {
    return base.start < base.end ? new BaseScan(this.#database, this.#states, base) : undefined
  }

  #nextBase(): KeyGroupRange {
    const { entryCount } = this.#cache
    const timerCount = this.#timers.reduce((sum, { size }) => sum + size, 0)
    const base = this.#sequence.nextBase(entryCount + timerCount)
    if (this.#sequence.isFirst) return base
    const { start, end } = this.#keyGroups
    const share = baseSizeMaxBytes / (entryCount * recordSizeGuessBytes + 1)
    const count = Math.max(1, Math.ceil((end - start) * Math.min(share, 1)))
    return { start: base.start, end: Math.min(base.end, base.start + count) }
  }

  #haveTimersChanged(): boolean {
    const { isFirst } = this.#sequence
    return this.#timers.some((queue) => (isFirst ? queue.size : queue.changes.count) > 0)
  }
}
