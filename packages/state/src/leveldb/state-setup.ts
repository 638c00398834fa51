import type { CellCache } from './cell-cache.ts'
import type { EntryClock } from './entry-clock.ts'
import type { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'

/** What a state of the backend is made with. */
export interface StateSetup {
  readonly name: string
  /** In the keys of the database. */
  readonly stateId: number
  readonly backend: LevelDbKeyedStateBackend
  readonly cache: CellCache
  /** undefined: its entries live forever. */
  readonly clock: EntryClock | undefined
}
