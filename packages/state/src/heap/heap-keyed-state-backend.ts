import { type KeyGroupRange, keyGroupCount } from '@millrace/core'
import type { BackendClock } from '../keyed-state-backend.ts'
import { LocalKeyedStateBackend } from '../local-keyed-state-backend.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import { HeapListState } from './heap-list-state.ts'
import { HeapMapState } from './heap-map-state.ts'
import { HeapSnapshots } from './heap-snapshots.ts'
import type { HeapState } from './heap-state.ts'
import { HeapValueState } from './heap-value-state.ts'

const everyKeyGroup: KeyGroupRange = { start: 0, end: keyGroupCount }

/** Keyed state on the JavaScript heap: a table for each state. */
export class HeapKeyedStateBackend extends LocalKeyedStateBackend<HeapState> {
  /** Which of those with a time to live is cleaned next. */
  #next = 0

  constructor(
    clock: BackendClock,
    keyGroups: KeyGroupRange = everyKeyGroup,
    options: SnapshotSequenceOptions = {},
  ) {
    super(clock, keyGroups, new HeapSnapshots(clock, keyGroups, options))
  }

  cleanUpExpired(entryCountMax: number): number {
    const { expiring, expiredCount } = this
    let left = entryCountMax
    for (let turn = 0; turn < expiring.length && left > 0; turn++) {
      const state = expiring[this.#next] as HeapState
      left -= state.cleanUpExpired(left)
      if (state.isCleanedUp) this.#next = (this.#next + 1) % expiring.length
    }
    return this.expiredCount - expiredCount
  }

  protected create(stored: StoredState): HeapState {
    switch (stored.kind) {
      case 'list':
        return new HeapListState(stored, this)
      case 'map':
        return new HeapMapState(stored, this)
      default:
        return new HeapValueState(stored, this)
    }
  }
}
