import type { CellCache } from './cell-cache.ts'
import type { CellSpace } from './cell-space.ts'
import type { StateDatabase } from './state-database.ts'

/** Cells without anything that can expire that may be passed for each that is looked at. */
const passedPerEntry = 64

/**
 * Finds what has expired: by going round the cells of the cache, and through the database behind
 * them.
 */
export class ExpiredCellCleaner {
  readonly #cache: CellCache
  /** Those with something that expires, by state id and part. */
  readonly #spaces: CellSpace[] = []
  #at = 0

  constructor(cache: CellCache, _database: StateDatabase) {
    this.#cache = cache
  }

  register(spaces: readonly CellSpace[]): void {
    this.#spaces.push(...spaces.filter(({ cleanUp }) => cleanUp !== undefined))
  }

  /** Looks at about so many entries. */
  cleanUp(entryCountMax: number): void {
    if (this.#spaces.length === 0) return
    const { ring } = this.#cache
    let left = entryCountMax
    const steps = Math.min(ring.length, entryCountMax * passedPerEntry)
    for (let step = 0; step < steps && left > 0; step++) {
      if (this.#at >= ring.length) this.#at = 0
      const cell = ring[this.#at++]
      if (cell?.space.cleanUp !== undefined) left -= cell.space.cleanUp(cell)
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
