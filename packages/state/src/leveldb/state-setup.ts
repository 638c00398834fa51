import type { CellCache } from './cell-cache.ts'
import type { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'

/** What all states of a backend share. */
export interface StateSetup {
  readonly backend: LevelDbKeyedStateBackend
  readonly cache: CellCache
}
