import {
  type AggregatingState,
  type AggregatingStateDescription,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyGroupCount,
  keyIdentity,
  type ListState,
  type ListStateDescription,
  type MapState,
  type MapStateDescription,
  type ReducingState,
  type ReducingStateDescription,
  type StateDescription,
  type ValueState,
  type ValueStateDescription,
} from '@millrace/core'
import type { BackendClock, KeyedStateBackend, Namespaced } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import type { RestoreSource } from '../snapshot/restore-source.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
import { storedState } from '../snapshot/stored-state.ts'
import { StateRegistry } from '../state-registry.ts'
import { TimerQueue } from '../timer/timer-queue.ts'
import { ValueAggregatingState } from '../value-aggregating-state.ts'
import { ValueReducingState } from '../value-reducing-state.ts'
import { HeapListState } from './heap-list-state.ts'
import { HeapMapState } from './heap-map-state.ts'
import { HeapSnapshots } from './heap-snapshots.ts'
import type { HeapState } from './heap-state.ts'
import { HeapValueState } from './heap-value-state.ts'

const everyKeyGroup: KeyGroupRange = { start: 0, end: keyGroupCount }

/** Keyed state on the JavaScript heap: a table for each state. */
export class HeapKeyedStateBackend implements KeyedStateBackend {
  readonly clock: BackendClock
  readonly keyGroups: KeyGroupRange
  currentKey: unknown = undefined
  currentHash = 0
  /** Counts the calls of `setCurrentKey`: what was looked up before is of another key. */
  recordNumber = 0
  expiredCount = 0
  readonly #registry = new StateRegistry<object>()
  /** Those with a time to live. */
  readonly #expiring: HeapState[] = []
  readonly #states = new Map<string, HeapState>()
  readonly #timers = new Map<string, TimerQueue>()
  readonly #snapshots: HeapSnapshots
  /** Which of them is cleaned next. */
  #next = 0

  constructor(
    clock: BackendClock,
    keyGroups: KeyGroupRange = everyKeyGroup,
    options: SnapshotSequenceOptions = {},
  ) {
    this.clock = clock
    this.keyGroups = keyGroups
    this.#snapshots = new HeapSnapshots(clock, keyGroups, options)
  }

  setCurrentKey(key: unknown, hash: number): void {
    this.currentKey = key
    this.currentHash = hash
    this.recordNumber++
  }

  /** What the current key is compared by. */
  keyIdentity(): unknown {
    const key = this.currentKey
    if (typeof key === 'number' && !Number.isNaN(key)) return key
    return keyIdentity(key)
  }

  getValueState<T>(description: ValueStateDescription<T>): Namespaced<ValueState<T>> {
    return this.#registry.get(description, () => this.#valueState<T>(description))
  }

  getListState<T>(description: ListStateDescription<T>): Namespaced<ListState<T>> {
    return this.#registry.get(description, () => this.#asked(description) as HeapListState<T>)
  }

  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>> {
    return this.#registry.get(description, () => this.#asked(description) as HeapMapState<K, V>)
  }

  getReducingState<T>(description: ReducingStateDescription<T>): Namespaced<ReducingState<T>> {
    return this.#registry.get(
      description,
      () => new ValueReducingState(description, this.#valueState<T>(description)),
    )
  }

  getAggregatingState<In, Accumulator, Out>(
    description: AggregatingStateDescription<In, Accumulator, Out>,
  ): Namespaced<AggregatingState<In, Out>> {
    return this.#registry.get(
      description,
      () => new ValueAggregatingState(description, this.#valueState<Accumulator>(description)),
    )
  }

  getTimerQueue(name: string): TimerQueue {
    let queue = this.#timers.get(name)
    if (queue === undefined) {
      const id = this.#snapshots.nextId
      queue = new TimerQueue({ id, name, kind: 'timer', types: [], ttl: null })
      this.#timers.set(name, queue)
      this.#snapshots.add(queue)
    }
    return queue
  }

  async restore(handles: readonly KeyedStateHandle[], source: RestoreSource): Promise<void> {
    await this.#snapshots.restore(handles, source, (stored) => {
      if (stored.kind === 'timer') return this.getTimerQueue(stored.name)
      const state = this.#states.get(stored.name) ?? this.#add(stored)
      state.describeRestored(stored)
      return state
    })
    this.#findExpiring()
  }

  seal(checkpointId: number): KeyedSnapshot {
    return this.#snapshots.seal(checkpointId)
  }

  get hasExpiringState(): boolean {
    return this.#expiring.length > 0
  }

  cleanUpExpired(entryCountMax: number): number {
    const before = this.expiredCount
    let left = entryCountMax
    for (let turn = 0; turn < this.#expiring.length && left > 0; turn++) {
      const state = this.#expiring[this.#next] as HeapState
      left -= state.cleanUpExpired(left)
      if (state.isCleanedUp) this.#next = (this.#next + 1) % this.#expiring.length
    }
    return this.expiredCount - before
  }

  close(): void {
    this.#registry.clear()
    this.#expiring.length = 0
    this.currentKey = undefined
  }

  #valueState<T>(description: StateDescription): HeapValueState<T> {
    return this.#asked(description) as HeapValueState<T>
  }

  /** The state that a program asks for: its class follows from the kind. */
  #asked(description: StateDescription): HeapState {
    const id = this.#snapshots.nextId
    const state = this.#states.get(description.name) ?? this.#add(storedState(id, description))
    state.describe(description)
    this.#findExpiring()
    return state
  }

  #add(stored: StoredState): HeapState {
    const state = this.#create({ ...stored, id: this.#snapshots.nextId })
    this.#states.set(stored.name, state)
    this.#snapshots.add(state)
    return state
  }

  #create(stored: StoredState): HeapState {
    switch (stored.kind) {
      case 'list':
        return new HeapListState(stored, this)
      case 'map':
        return new HeapMapState(stored, this)
      default:
        return new HeapValueState(stored, this)
    }
  }

  #findExpiring(): void {
    this.#expiring.splice(0, Infinity, ...[...this.#states.values()].filter(({ hasTtl }) => hasTtl))
  }
}
