import type { CheckpointStorage, KeyedStateHandle, KeyGroupRange } from '@millrace/core'
import type { BackendClock } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { restoreChain } from '../snapshot/restore-chain.ts'
import { SegmentChain } from '../snapshot/segment-chain.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Sliced } from '../snapshot/slice.ts'
import { SnapshotSequence, type SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import type { TimerQueue } from '../timer/timer-queue.ts'
import type { CellCache } from './cell-cache.ts'
import { CellChanges } from './cell-changes.ts'

/** A state of the backend, as its snapshots know it. */
export interface RestorableState {
  readonly stored: StoredState
  restore(record: SegmentRecord): void
}

/** All states and timers of one backend, as its snapshots are made of them. */
export class LevelDbSnapshots {
  readonly #clock: BackendClock
  readonly #keyGroups: KeyGroupRange
  readonly #cache: CellCache
  readonly #changes: CellChanges
  readonly #sequence: SnapshotSequence
  readonly #states: RestorableState[] = []
  readonly #timers: TimerQueue[] = []
  #isTrackingTimers = false

  constructor(
    clock: BackendClock,
    keyGroups: KeyGroupRange,
    { cache, ...options }: SnapshotSequenceOptions & { readonly cache: CellCache },
  ) {
    this.#clock = clock
    this.#keyGroups = keyGroups
    this.#cache = cache
    this.#changes = new CellChanges(cache)
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

  /** See KeyedStateBackend. `stateOf` gives the state of that name, which it may have to make. */
  async restore(
    handles: readonly KeyedStateHandle[],
    storage: CheckpointStorage,
    stateOf: (stored: StoredState) => { restore(record: SegmentRecord): void },
  ): Promise<void> {
    this.#cache.listen(undefined)
    const chain = new SegmentChain(this.#keyGroups, handles)
    await restoreChain(chain, storage, this.#clock, (stored) => {
      const state = stateOf(stored)
      return (record) => state.restore(record)
    })
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
    const { start, end } = this.#keyGroups
    // Changes are written down from the first one on, so that they are the whole state.
    const base = sequence.isFirst && !isUnchanged ? { start, end } : { start, end: start }
    const records = new RecordBuffer()
    const sealed = this.#changes.seal()
    const sealedTimers = timers.map(({ changes }) => changes.seal(base, records))
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
        release: () => {
          for (const queue of timers) queue.changes.release()
        },
        reopen: () => {
          changes.reopen(sealed)
          for (const [index, queue] of timers.entries()) {
            const places = sealedTimers[index]
            if (places !== undefined) queue.changes.reopen(places)
          }
        },
      },
    })
  }

  #haveTimersChanged(): boolean {
    const { isFirst } = this.#sequence
    return this.#timers.some((queue) => (isFirst ? queue.size : queue.changes.count) > 0)
  }
}
