import {
  type AggregatingState,
  type AggregatingStateDescription,
  type KeyedStateHandle,
  type KeyGroupRange,
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
import type { BackendClock, KeyedStateBackend, Namespaced } from './keyed-state-backend.ts'
import type { KeyedSnapshot } from './snapshot/keyed-snapshot.ts'
import type { RestoreSource } from './snapshot/restore-source.ts'
import { RestoredNames } from './snapshot/restored-names.ts'
import type { StoredState } from './snapshot/segment-format.ts'
import { storedState } from './snapshot/stored-state.ts'
import { StateRegistry } from './state-registry.ts'
import { TimerQueue } from './timer/timer-queue.ts'
import { ValueAggregatingState } from './value-aggregating-state.ts'
import { ValueReducingState } from './value-reducing-state.ts'

/** A state as its backend knows it: of the class for values, lists or maps. */
export interface LocalState {
  readonly hasTtl: boolean
  /** See StateDeclaration. */
  describe(description: StateDescription): void
  /** See StateDeclaration. */
  describeRestored(stored: StoredState): void
}

/** What makes and restores the snapshots of all states and timers of a backend. */
export interface LocalSnapshots<State> {
  /** The id of the next state or queue. */
  readonly nextId: number
  addState(state: State): void
  addTimers(queue: TimerQueue): void
  /** See KeyedStateBackend. `stateOf` gives the state of that name, which it may have to make. */
  restore(
    handles: readonly KeyedStateHandle[],
    source: RestoreSource,
    names: RestoredNames,
    stateOf: (stored: StoredState) => State | TimerQueue,
  ): Promise<void>
  seal(checkpointId: number): KeyedSnapshot
}

/**
 * What backends share, wherever they keep their entries: the current key, and the states and timers
 * by name.
 */
export abstract class LocalKeyedStateBackend<State extends LocalState>
  implements KeyedStateBackend
{
  readonly clock: BackendClock
  readonly keyGroups: KeyGroupRange
  currentKey: unknown = undefined
  currentHash = 0
  /** Counts the calls of `setCurrentKey`: what was looked up before is of another key. */
  recordNumber = 0
  expiredCount = 0
  /** Those with a time to live. */
  protected expiring: readonly State[] = []
  readonly #registry = new StateRegistry<object>()
  readonly #states = new Map<string, State>()
  readonly #timers = new Map<string, TimerQueue>()
  readonly #snapshots: LocalSnapshots<State>

  constructor(clock: BackendClock, keyGroups: KeyGroupRange, snapshots: LocalSnapshots<State>) {
    this.clock = clock
    this.keyGroups = keyGroups
    this.#snapshots = snapshots
  }

  /** A state of the class for its kind; that of reducing and aggregating state is for values. */
  protected abstract create(stored: StoredState): State

  /** See KeyedStateBackend. */
  abstract cleanUpExpired(entryCountMax: number): number

  setCurrentKey(key: unknown, hash: number): void {
    this.currentKey = key
    this.currentHash = hash
    this.recordNumber++
  }

  /** What the current key is compared by. */
  keyIdentity(): unknown {
    const key = this.currentKey
    // What it comes to for numbers, which are worth a shortcut; + 0 makes 0 of -0.
    if (typeof key === 'number' && !Number.isNaN(key)) return key + 0
    return keyIdentity(key)
  }

  getValueState<T>(description: ValueStateDescription<T>): Namespaced<ValueState<T>> {
    return this.#registry.get(description, () => this.#valueState<T>(description))
  }

  getListState<T>(description: ListStateDescription<T>): Namespaced<ListState<T>> {
    return this.#registry.get(
      description,
      () => this.#asked(description) as Namespaced<ListState<T>>,
    )
  }

  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>> {
    return this.#registry.get(
      description,
      () => this.#asked(description) as Namespaced<MapState<K, V>>,
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
    let queue = this.#timers.get(name)
    if (queue === undefined) {
      const id = this.#snapshots.nextId
      queue = new TimerQueue({ id, name, kind: 'timer', types: [], ttl: null })
      this.#timers.set(name, queue)
      this.#snapshots.addTimers(queue)
    }
    return queue
  }

  async restore(
    handles: readonly KeyedStateHandle[],
    source: RestoreSource,
    names: RestoredNames = new RestoredNames(),
  ): Promise<void> {
    await this.#snapshots.restore(handles, source, names, (stored) => {
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
    return this.expiring.length > 0
  }

  close(): void {
    this.#registry.clear()
    this.#states.clear()
    this.expiring = []
    this.currentKey = undefined
  }

  #valueState<T>(description: StateDescription): Namespaced<ValueState<T>> {
    return this.#asked(description) as Namespaced<ValueState<T>>
  }

  /** The state that a program asks for: its class follows from the kind. */
  #asked(description: StateDescription): unknown {
    const stored = storedState(this.#snapshots.nextId, description)
    const state = this.#states.get(description.name) ?? this.#add(stored)
    state.describe(description)
    this.#findExpiring()
    return state
  }

  #add(stored: StoredState): State {
    const state = this.create({ ...stored, id: this.#snapshots.nextId })
    this.#states.set(stored.name, state)
    this.#snapshots.addState(state)
    return state
  }

  #findExpiring(): void {
    this.expiring = [...this.#states.values()].filter(({ hasTtl }) => hasTtl)
  }
}
