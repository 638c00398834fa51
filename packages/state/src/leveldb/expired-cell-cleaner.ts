import type { CellCache } from './cell-cache.ts'

/** Cells without anything that can expire that may be passed for each that is looked at. */
const passedPerEntry = 64

/** Finds what has expired by going round the cells of the cache. */
export class ExpiredCellCleaner {
  readonly #cache: CellCache
  #at = 0

  constructor(cache: CellCache) {
    this.#cache = cache
  }

  /** Looks at about so many entries. */
  cleanUp(entryCountMax: number): void {
    const { ring } = this.#cache
    let left = entryCountMax
    const steps = Math.min(ring.length, entryCountMax * passedPerEntry)
    for (let step = 0; step < steps && left > 0; step++) {
      if (this.#at >= ring.length) this.#at = 0
      const cell = ring[this.#at++]
      if (cell?.space.cleanUp !== undefined) left -= cell.space.cleanUp(cell)
    }
  }
}
