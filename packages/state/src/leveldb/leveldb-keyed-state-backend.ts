import {
  type AggregatingState,
  type AggregatingStateDescription,
  type KeyedStateHandle,
  type KeyGroupRange,
  keyIdentity,
  type LevelDbOptions,
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
import { LevelDatabase } from '../io/level-database.ts'
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
import { CellCache } from './cell-cache.ts'
import { ExpiredCellCleaner } from './expired-cell-cleaner.ts'
import { LevelDbListState } from './leveldb-list-state.ts'
import { LevelDbMapState } from './leveldb-map-state.ts'
import { LevelDbSnapshots } from './leveldb-snapshots.ts'
import type { LevelDbState } from './leveldb-state.ts'
import { LevelDbValueState } from './leveldb-value-state.ts'
import type { StateDatabase } from './state-database.ts'
import { databaseFailure } from './write-behind.ts'

export interface LevelDbBackendOptions extends SnapshotSequenceOptions {
  /** Of this backend alone, and empty. */
  readonly database: StateDatabase
  readonly objectCacheSizeBytes: number
  /** Changes between two snapshots that take more memory go to the disk until they are written. */
  readonly changeLogSizeMaxBytes?: number
  /** False where no snapshots are taken: nothing is written down for them then. */
  readonly isCheckpointed?: boolean
}

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
  readonly #states = new Map<string, LevelDbState>()
  readonly #timers = new Map<string, TimerQueue>()
  readonly #snapshots: LevelDbSnapshots
  #closed: Promise<void> | undefined

  /** Takes the database over. */
  constructor(clock: BackendClock, keyGroups: KeyGroupRange, options: LevelDbBackendOptions) {
    this.clock = clock
    this.keyGroups = keyGroups
    this.#database = options.database
    this.#cache = new CellCache(options.database, options.objectCacheSizeBytes)
    this.#cleaner = new ExpiredCellCleaner(this.#cache, options.database)
    this.#snapshots = new LevelDbSnapshots(clock, keyGroups, { ...options, cache: this.#cache })
    if (options.isCheckpointed !== false) this.#snapshots.track()
  }

  /**
   * A backend without any state. Its database is in `directory`, which is this attempt's own: what
   * is there is deleted. Rejects with STATE_BACKEND_FAILED.
   */
  static async open(
    clock: BackendClock,
    keyGroups: KeyGroupRange,
    options: LevelDbOptions &
      Pick<LevelDbBackendOptions, 'changeLogSizeMaxBytes'> & {
        readonly directory: string
        readonly isCheckpointed: boolean
      },
  ): Promise<LevelDbKeyedStateBackend> {
    try {
      const database = await LevelDatabase.open(options.directory, options)
      return new LevelDbKeyedStateBackend(clock, keyGroups, { ...options, database })
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
    return this.#registry.get(description, () => this.#asked(description) as LevelDbListState<T>)
  }

  getMapState<K, V>(description: MapStateDescription<K, V>): Namespaced<MapState<K, V>> {
    return this.#registry.get(description, () => this.#asked(description) as LevelDbMapState<K, V>)
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

  async restore(handles: readonly KeyedStateHandle[], source: RestoreSource): Promise<void> {
    await this.#snapshots.restore(handles, source, (stored) => {
      if (stored.kind === 'timer') return this.getTimerQueue(stored.name)
      const state = this.#states.get(stored.name) ?? this.#add(stored)
      state.describeRestored(stored)
      return state
    })
  }

  seal(checkpointId: number): KeyedSnapshot {
    return this.#snapshots.seal(checkpointId)
  }

  get hasExpiringState(): boolean {
    for (const { hasTtl } of this.#states.values()) if (hasTtl) return true
    return false
  }

  cleanUpExpired(entryCountMax: number): number {
    const before = this.expiredCount
    if (!this.hasExpiringState) return 0
    this.#cache.makeRoom()
    const expiring = [...this.#states.values()].filter(({ hasTtl }) => hasTtl)
    this.#cleaner.cleanUp(expiring, entryCountMax)
    return this.expiredCount - before
  }

  close(): void {
    if (this.#closed !== undefined) return
    this.#registry.clear()
    this.#states.clear()
    this.#cache.clear()
    this.currentKey = undefined
    this.#closed = this.#cleaner.close().then(() => this.#database.close())
    // Who waits for it is told; a directory that could not be deleted harms nobody else.
    this.#closed.catch(() => undefined)
  }

  /** Estimated memory of the cache of objects. */
  get cacheSizeBytes(): number {
    return this.#cache.sizeBytes
  }

  /** Resolves when nothing is being written to the database. */
  settled(): Promise<void> {
    return this.#cache.writeBehind.settled()
  }

  /** Resolves when the database is closed and deleted; after `close`. */
  async closed(): Promise<void> {
    await this.#closed
  }

  #valueState<T>(description: StateDescription): LevelDbValueState<T> {
    return this.#asked(description) as LevelDbValueState<T>
  }

  /** The state that a program asks for: its class follows from the kind. */
  #asked(description: StateDescription): LevelDbState {
    const stored = storedState(this.#snapshots.nextId, description)
    const state = this.#states.get(description.name) ?? this.#add(stored)
    state.describe(description)
    return state
  }

  #add(stored: StoredState): LevelDbState {
    const state = this.#create({ ...stored, id: this.#snapshots.nextId })
    this.#states.set(stored.name, state)
    this.#snapshots.addState(state)
    return state
  }

  #create(stored: StoredState): LevelDbState {
    const setup = { backend: this, cache: this.#cache }
    switch (stored.kind) {
      case 'list':
        return new LevelDbListState(stored, setup)
      case 'map':
        return new LevelDbMapState(stored, setup)
      default:
        return new LevelDbValueState(stored, setup)
    }
  }
}
