import type { KeyedStateHandle, KeyGroupRange } from '@millrace/core'
import type { BackendClock } from '../keyed-state-backend.ts'
import type { LocalSnapshots } from '../local-keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { restoreChain } from '../snapshot/restore-chain.ts'
import type { RestoreSource } from '../snapshot/restore-source.ts'
import type { RestoredNames } from '../snapshot/restored-names.ts'
import { SegmentChain } from '../snapshot/segment-chain.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { Sliced } from '../snapshot/slice.ts'
import { SnapshotSequence, type SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import type { SnapshottedState } from '../snapshot/snapshotted-state.ts'
import type { TimerQueue } from '../timer/timer-queue.ts'

/**
 * While snapshots fail one after the other, what was removed piles up: more than this, and than
 * twice what there is, is not kept.
 */
const removalCountFree = 100_000

/** All states and timers of one heap backend, as its snapshots are made of them. */
export class HeapSnapshots implements LocalSnapshots<SnapshottedState> {
  readonly #clock: BackendClock
  readonly #keyGroups: KeyGroupRange
  readonly #sequence: SnapshotSequence
  readonly #states: SnapshottedState[] = []
  /** There is something that changes are told from. */
  #isTracking = false

  constructor(clock: BackendClock, keyGroups: KeyGroupRange, options: SnapshotSequenceOptions) {
    this.#clock = clock
    this.#keyGroups = keyGroups
    this.#sequence = new SnapshotSequence(clock, new SegmentChain(keyGroups), options)
  }

  /** The id of the next state. */
  get nextId(): number {
    return this.#states.length
  }

  addState(state: SnapshottedState): void {
    this.#states.push(state)
    if (this.#isTracking) state.changes.begin()
  }

  addTimers(queue: TimerQueue): void {
    this.addState(queue)
  }

  /** See LocalSnapshots. */
  async restore(
    handles: readonly KeyedStateHandle[],
    source: RestoreSource,
    names: RestoredNames,
    stateOf: (stored: StoredState) => SnapshottedState,
  ): Promise<void> {
    const chain = new SegmentChain(this.#keyGroups, handles)
    await restoreChain(chain, source, this.#clock, names, (stored, entryCount) => {
      const state = stateOf(stored)
      state.expect?.(entryCount)
      return (record) => state.restore(record)
    })
    // Where names have changed the chain is of no use: the next snapshot has everything.
    if (!names.isSame) return
    this.#sequence.restore(chain)
    this.#track()
  }

  seal(checkpointId: number): KeyedSnapshot {
    const sequence = this.#sequence
    const states = [...this.#states]
    sequence.finishEncoding()
    let entryCount = 0
    let changeCount = 0
    let removalCount = 0
    for (const state of states) {
      entryCount += state.entryCount
      changeCount += state.changes.count
      removalCount += state.changes.removalCount
    }
    if (removalCount > 2 * entryCount + removalCountFree) sequence.startOver()
    const isNothing = (sequence.isFirst ? entryCount : changeCount) === 0
    const isUnchanged = isNothing && !sequence.startsOver
    const { start, end } = this.#keyGroups
    const base = isUnchanged ? { start, end: start } : sequence.nextBase(entryCount)
    if (base.start === start && base.end === end) {
      for (const { changes } of states) changes.forgetRemovals()
    }
    const records = new RecordBuffer(this.#keyGroups)
    const sealed = states.map((state) => state.changes.seal(base, records))
    this.#isTracking = true
    return sequence.seal(checkpointId, {
      ...{ states: states.map(({ stored }) => stored), base, isUnchanged, records },
      state: {
        *encode(): Sliced<void> {
          for (const [index, { changes }] of states.entries()) {
            const places = sealed[index]
            if (places !== undefined) yield* changes.encode(places)
          }
        },
        release: () => {
          for (const { changes } of states) changes.release()
        },
        reopen: () => {
          for (const [index, { changes }] of states.entries()) {
            const places = sealed[index]
            if (places !== undefined) changes.reopen(places)
          }
        },
      },
    })
  }

  #track(): void {
    this.#isTracking = true
    for (const { changes } of this.#states) changes.begin()
  }
}
