import {
  type AggregatingState,
  type AggregatingStateDescription,
  type CheckpointStorage,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyIdentity,
  type LevelDbOptions,
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
import { LevelDatabase } from '../io/level-database.ts'
import type { BackendClock, KeyedStateBackend, Namespaced } from '../keyed-state-backend.ts'
import type { KeyedSnapshot } from '../snapshot/keyed-snapshot.ts'
import { StateRegistry } from '../state-registry.ts'
import { TimerQueue } from '../timer/timer-queue.ts'
import { ValueAggregatingState } from '../value-aggregating-state.ts'
import { ValueReducingState } from '../value-reducing-state.ts'
import { CellCache } from './cell-cache.ts'
import { EntryClock } from './entry-clock.ts'
import { ExpiredCellCleaner } from './expired-cell-cleaner.ts'
import { LevelDbListState } from './leveldb-list-state.ts'
import { LevelDbMapState } from './leveldb-map-state.ts'
import type { LevelDbState } from './leveldb-state.ts'
import { LevelDbValueState } from './leveldb-value-state.ts'
import type { StateDatabase } from './state-database.ts'
import type { StateSetup } from './state-setup.ts'
import { databaseFailure } from './write-behind.ts'

type NamedState = { readonly name: string; readonly ttl: StateTtlConfig | undefined }

/**
 * Keyed state that may be larger than memory: what is used is in a cache of objects, the rest in a
 * database on the local disk, which lives as long as the backend.
 */
export class LevelDbKeyedStateBackend implements KeyedStateBackend {
  readonly clock: BackendClock
  readonly keyGroups: KeyGroupRange
  currentKey: unknown = undefined
  currentHash = 0
  /** Counts the calls of `setCurrentKey`: what was looked up before is of another key. */
  recordNumber = 0
  expiredCount = 0
  readonly #database: StateDatabase
  readonly #cache: CellCache
  readonly #cleaner: ExpiredCellCleaner
  readonly #registry = new StateRegistry<object>()
  readonly #states: LevelDbState[] = []
  readonly #timers = new Map<string, TimerQueue>()
  #closed: Promise<void> | undefined

  /** Takes the database over, which is empty. */
  constructor(
    clock: BackendClock,
    keyGroups: KeyGroupRange,
    options: { readonly database: StateDatabase; readonly objectCacheSizeBytes: number },
  ) {
    this.clock = clock
    this.keyGroups = keyGroups
    this.#database = options.database
    this.#cache = new CellCache(options.database, options.objectCacheSizeBytes)
    this.#cleaner = new ExpiredCellCleaner(this.#cache, options.database)
  }

  /**
   * A backend without any state. Its database is in `directory`, which is this attempt's own: what
   * is there is deleted. Rejects with STATE_BACKEND_FAILED.
   */
  static async open(
    clock: BackendClock,
    keyGroups: KeyGroupRange,
    options: LevelDbOptions & { readonly directory: string },
  ): Promise<LevelDbKeyedStateBackend> {
    const { directory, objectCacheSizeBytes } = options
    try {
      const database = await LevelDatabase.open(directory, options)
      return new LevelDbKeyedStateBackend(clock, keyGroups, { database, objectCacheSizeBytes })
    } catch (cause) {
      throw databaseFailure('open', cause)
    }
  }

  setCurrentKey(key: unknown, hash: number): void {
    this.currentKey = key
    this.currentHash = hash
    this.recordNumber++
  }

  /** What the current key is compared by. */
  keyIdentity(): unknown {
    const key = this.currentKey
    if (typeof key === 'number' && !Number.isNaN(key)) return key + 0
    return keyIdentity(key)
  }

  getValueState<T>(description: ValueStateDescription<T>): Namespaced<ValueState<T>> {
    return this.#registry.get(description, () => this.#valueState<T>(description))
  }

  getListState<T>(description: ListStateDescription<T>): Namespaced<ListState<T>> {
    return this.#registry.get(description, () =>
      this.#register(new LevelDbListState<T>(this.#setupOf(description))),
    )
  }

  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>> {
    return this.#registry.get(description, () =>
      this.#register(new LevelDbMapState<K, V>(this.#setupOf(description))),
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
    return this.#states.some((state) => state.expires)
  }

  cleanUpExpired(entryCountMax: number): number {
    const before = this.expiredCount
    this.#cache.makeRoom()
    this.#cleaner.cleanUp(entryCountMax)
    return this.expiredCount - before
  }

  close(): void {
    if (this.#closed !== undefined) return
    this.#registry.clear()
    this.#states.length = 0
    this.#cache.clear()
    this.currentKey = undefined
    this.#closed = this.#cleaner.close().then(() => this.#database.close())
    // Who waits for it is told; a directory that could not be deleted harms nobody else.
    this.#closed.catch(() => undefined)
  }

  /** Resolves when the database is closed and deleted; after `close`. */
  async closed(): Promise<void> {
    await this.#closed
  }

  #valueState<T>(description: NamedState): LevelDbValueState<T> {
    return this.#register(new LevelDbValueState<T>(this.#setupOf(description)))
  }

  #setupOf({ name, ttl }: NamedState): StateSetup {
    return {
      ...{ name, stateId: this.#states.length, backend: this, cache: this.#cache },
      clock: ttl === undefined ? undefined : new EntryClock(ttl, this.clock),
    }
  }

  #register<S extends LevelDbState>(state: S): S {
    this.#states.push(state)
    this.#cleaner.register(state.spaces)
    return state
  }
}
