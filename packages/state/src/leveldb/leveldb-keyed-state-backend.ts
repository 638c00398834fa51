import type { KeyGroupRange, LevelDbOptions } from '@millrace/core'
import { LevelDatabase } from '../io/level-database.ts'
import type { BackendClock } from '../keyed-state-backend.ts'
import { LocalKeyedStateBackend } from '../local-keyed-state-backend.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import type { SnapshotSequenceOptions } from '../snapshot/snapshot-sequence.ts'
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
export class LevelDbKeyedStateBackend extends LocalKeyedStateBackend<LevelDbState> {
  readonly #database: StateDatabase
  readonly #cache: CellCache
  readonly #cleaner: ExpiredCellCleaner
  #closed: Promise<void> | undefined

  /** Takes the database over. */
  constructor(clock: BackendClock, keyGroups: KeyGroupRange, options: LevelDbBackendOptions) {
    const cache = new CellCache(options.database, options.objectCacheSizeBytes)
    const snapshots = new LevelDbSnapshots(clock, keyGroups, { ...options, cache })
    super(clock, keyGroups, snapshots)
    this.#database = options.database
    this.#cache = cache
    this.#cleaner = new ExpiredCellCleaner(cache, options.database)
    if (options.isCheckpointed !== false) snapshots.track()
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

  cleanUpExpired(entryCountMax: number): number {
    const before = this.expiredCount
    if (!this.hasExpiringState) return 0
    this.#cache.makeRoom()
    this.#cleaner.cleanUp(this.expiring, entryCountMax)
    return this.expiredCount - before
  }

  override close(): void {
    if (this.#closed !== undefined) return
    super.close()
    this.#cache.clear()
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

  protected create(stored: StoredState): LevelDbState {
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
