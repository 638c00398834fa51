import {
  type AggregatingState,
  type AggregatingStateDescription,
  type CheckpointStorage,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyGroupCount,
  keyIdentity,
  type ListState,
  type ListStateDescription,
  type MapState,
  type MapStateDescription,
  MillraceError,
  type ReducingState,
  type ReducingStateDescription,
  type StateTtlConfig,
  type ValueState,
  type ValueStateDescription,
} from '@millrace/core'
import type { BackendClock, KeyedStateBackend, Namespaced } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import { StateRegistry } from '../state-registry.ts'
import { TimerQueue } from '../timer/timer-queue.ts'
import { ValueAggregatingState } from '../value-aggregating-state.ts'
import { ValueReducingState } from '../value-reducing-state.ts'
import { HeapListState } from './heap-list-state.ts'
import { HeapMapState } from './heap-map-state.ts'
import type { HeapState } from './heap-state.ts'
import { HeapValueState } from './heap-value-state.ts'

type NamedState = { readonly name: string; readonly ttl: StateTtlConfig | undefined }

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
  readonly #timers = new Map<string, TimerQueue>()
  /** Which of them is cleaned next. */
  #next = 0

  constructor(clock: BackendClock, keyGroups: KeyGroupRange = everyKeyGroup) {
    this.clock = clock
    this.keyGroups = keyGroups
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
    return this.#registry.get(description, () =>
      this.#register(new HeapListState<T>(description, this), description),
    )
  }

  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>> {
    return this.#registry.get(description, () =>
      this.#register(new HeapMapState<K, V>(description, this), description),
    )
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
    const queue = this.#timers.get(name) ?? new TimerQueue()
    this.#timers.set(name, queue)
    return queue
  }

  restore(_handles: readonly KeyedStateHandle[], _storage: CheckpointStorage): Promise<void> {
    return Promise.reject(
      new MillraceError('INTERNAL_ERROR', 'Restoring comes with the next commit.'),
    )
  }

  seal(_checkpointId: number): KeyedSnapshot {
    throw new MillraceError('INTERNAL_ERROR', 'Sealing comes with the next commit.')
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

  #valueState<T>(description: NamedState): HeapValueState<T> {
    return this.#register(new HeapValueState<T>(description, this), description)
  }

  #register<S extends HeapState>(state: S, { ttl }: NamedState): S {
    if (ttl !== undefined) this.#expiring.push(state)
    return state
  }
}
