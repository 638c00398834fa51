// Which cells were changed since the last seal, and which are still owed to the snapshot that is
// being encoded.
//
// Invariants
//  - A cell with `changeIndex >= 0` is in the list of the changes of its `epoch`, at that index:
//    the current one, or the sealed one that is being encoded.
//  - The value of a cell in the sealed list is as it was when sealed: it is written to the log
//    before it changes, and before it leaves the cache.

import { assert, type KeyGroupRange } from '@millrace/core'
import type { RecordBuffer } from '../snapshot/record-buffer.ts'
import type { Sliced } from '../snapshot/slice.ts'
import type { Cell } from './cell.ts'
import type { CellCache, ChangeListener } from './cell-cache.ts'
import { ChangeLog } from './change-log.ts'

const cellsPerStep = 32

export class CellChanges implements ChangeListener {
  readonly #cache: CellCache
  #cells: Cell[] = []
  #log = new ChangeLog()
  #encoding: SealedCells | undefined

  constructor(cache: CellCache) {
    this.#cache = cache
  }

  get isUnchanged(): boolean {
    return this.#cells.length === 0 && this.#log.isEmpty
  }

  onFirstChange(cell: Cell): void {
    if (cell.changeIndex >= 0) this.#encoding?.settle(cell)
    cell.changeIndex = this.#cells.length
    this.#cells.push(cell)
  }

  onLeave(cell: Cell): void {
    if (cell.epoch !== this.#cache.epoch) {
      this.#encoding?.settle(cell)
      return
    }
    this.#log.add(cell)
    const last = this.#cells.pop() as Cell
    if (last !== cell) {
      this.#cells[cell.changeIndex] = last
      last.changeIndex = cell.changeIndex
    }
    cell.changeIndex = -1
  }

  /** In O(1). An earlier one is encoded. */
  seal(): SealedCells {
    assert(this.#encoding === undefined, 'Cells are sealed while others are encoded')
    const sealed = new SealedCells(this.#cells, this.#log, this.#cache.epoch)
    this.#cells = []
    this.#log = new ChangeLog()
    this.#cache.epoch++
    this.#encoding = sealed
    return sealed
  }

  *encode(
    sealed: SealedCells,
    records: RecordBuffer,
    base: KeyGroupRange,
    before?: RecordBuffer,
  ): Sliced<void> {
    yield* sealed.settleAll()
    this.#encoding = undefined
    yield* sealed.log.write(records, base, before)
  }

  /** It will never be durable: what it has is changed since the last seal again. */
  reopen(sealed: SealedCells): void {
    for (const _ of sealed.settleAll());
    if (this.#encoding === sealed) this.#encoding = undefined
    this.#log.prepend(sealed.log)
  }
}

/** What was changed from one seal to the next. */
export class SealedCells {
  readonly log: ChangeLog
  readonly #cells: readonly Cell[]
  readonly #epoch: number
  #settledCount = 0

  constructor(cells: readonly Cell[], log: ChangeLog, epoch: number) {
    this.#cells = cells
    this.log = log
    this.#epoch = epoch
  }

  /** Writes down a cell that is owed. */
  settle(cell: Cell): void {
    cell.changeIndex = -1
    this.log.add(cell)
  }

  *settleAll(): Sliced<void> {
    while (this.#settledCount < this.#cells.length) {
      const index = this.#settledCount++
      const cell = this.#cells[index] as Cell
      // One that was settled before may be in the current list by now, at any index.
      if (cell.changeIndex === index && cell.epoch === this.#epoch) this.settle(cell)
      if (index % cellsPerStep === 0) yield
    }
  }
}
