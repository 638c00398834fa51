// Which cells were changed since the last seal, and which are still owed to the snapshot that is
// being encoded: those that were changed in its epoch, and all that are in its base.
//
// Invariants
//  - A cell with `changeIndex >= 0` is in the list of the changes of its `epoch`, at that index:
//    the current one, or the sealed one that is being encoded.
//  - A cell that is owed is as it was when sealed: it is written to the log before it changes, and
//    before it leaves the cache.
//  - What has left the cache since the last seal is in the parts and then in the log, in order.

import { assert, type KeyGroupRange } from '@millrace/core'
import type { RecordBuffer } from '../snapshot/record-buffer.ts'
import { isInRange } from '../snapshot/segment-format.ts'
import type { Sliced } from '../snapshot/slice.ts'
import type { Cell } from './cell.ts'
import type { CellCache, ChangeListener } from './cell-cache.ts'
import { ChangeLog, entryName } from './change-log.ts'
import { ChangePart } from './change-part.ts'
import type { StateDatabase } from './state-database.ts'

const cellsPerStep = 32
const passedPerStep = 512

export class CellChanges implements ChangeListener {
  readonly #cache: CellCache
  #cells: Cell[] = []
  /** What the log would be too large with; of these the last one may be on its way to the disk. */
  #parts: ChangePart[] = []
  #log = new ChangeLog()
  #encoding: SealedCells | undefined
  readonly #database: StateDatabase
  readonly #logSizeMaxBytes: number

  /** A log that has grown beyond `logSizeMaxBytes` goes to the disk. */
  constructor(cache: CellCache, database: StateDatabase, logSizeMaxBytes: number) {
    this.#cache = cache
    this.#database = database
    this.#logSizeMaxBytes = logSizeMaxBytes
  }

  get isUnchanged(): boolean {
    return this.#cells.length === 0 && this.#log.isEmpty && !this.hasParts
  }

  /** Some of the changes are not in memory. */
  get hasParts(): boolean {
    return this.#parts.length > 0
  }

  onFirstChange(cell: Cell): void {
    this.#encoding?.settleOwed(cell)
    cell.changeIndex = this.#cells.length
    this.#cells.push(cell)
  }

  onLeave(cell: Cell): void {
    const isChanged = cell.changeIndex >= 0 && cell.epoch === this.#cache.epoch
    if (!isChanged) {
      this.#encoding?.settleOwed(cell)
      return
    }
    this.#log.add(cell, false)
    if (this.#log.sizeBytes > this.#logSizeMaxBytes) this.#cut()
    else this.#parts.at(-1)?.advance()
    const last = this.#cells.pop() as Cell
    if (last !== cell) {
      this.#cells[cell.changeIndex] = last
      last.changeIndex = cell.changeIndex
    }
    cell.changeIndex = -1
    // Where it cannot leave after all, the next change is a first one again.
    cell.epoch = -1
  }

  /**
   * In O(1). An earlier one is encoded. Of `base` all cells that are in the cache are written,
   * changed or not; `namesBase`: it has to be known afterwards which those were.
   */
  seal(base: KeyGroupRange, namesBase: boolean): SealedCells {
    assert(this.#encoding === undefined, 'Cells are sealed while others are encoded')
    const { epoch } = this.#cache
    const baseNames = namesBase ? new Set<string>() : undefined
    const parts = this.#parts
    const sealed = new SealedCells(this.#cells, this.#log, { epoch, base, baseNames, parts })
    this.#cells = []
    this.#parts = []
    this.#log = new ChangeLog()
    this.#cache.epoch++
    this.#encoding = sealed
    return sealed
  }

  /** What was deleted in `replaced` need not be said. */
  *encode(sealed: SealedCells, records: RecordBuffer, replaced: KeyGroupRange): Sliced<void> {
    yield* sealed.settleChanged()
    yield* sealed.settleBase(this.#cache.ring)
    this.#encoding = undefined
    for (const part of sealed.parts) while (!part.advance()) yield
    yield* sealed.log.write(records, replaced)
  }

  /** It is durable. */
  release(sealed: SealedCells): void {
    for (const part of sealed.parts) part.drop()
  }

  /** It will never be durable: what it has is changed since the last seal again. */
  reopen(sealed: SealedCells): void {
    for (const _ of sealed.settleChanged());
    if (this.#encoding === sealed) this.#encoding = undefined
    if (this.hasParts && !sealed.log.isEmpty) {
      const part = new ChangePart(sealed.log, this.#database)
      part.finish()
      this.#parts.unshift(...sealed.parts, part)
      return
    }
    this.#parts.unshift(...sealed.parts)
    this.#log.prepend(sealed.log)
    if (this.#log.sizeBytes > this.#logSizeMaxBytes) this.#cut()
  }

  /** Only one part at a time is in memory. */
  #cut(): void {
    this.#parts.at(-1)?.finish()
    this.#parts.push(new ChangePart(this.#log, this.#database))
    this.#log = new ChangeLog()
  }
}

/** What was changed from one seal to the next, and what of its base is in the cache. */
export class SealedCells {
  readonly log: ChangeLog
  /** What came before the log. */
  readonly parts: readonly ChangePart[]
  /** Names of the entries of the base that are in the log, or that there are not. */
  readonly baseNames: Set<string> | undefined
  readonly #cells: readonly Cell[]
  readonly #epoch: number
  readonly #base: KeyGroupRange
  #settledCount = 0

  constructor(
    cells: readonly Cell[],
    log: ChangeLog,
    sealed: {
      readonly epoch: number
      readonly base: KeyGroupRange
      readonly baseNames: Set<string> | undefined
      readonly parts: readonly ChangePart[]
    },
  ) {
    this.#cells = cells
    this.log = log
    this.#epoch = sealed.epoch
    this.#base = sealed.base
    this.baseNames = sealed.baseNames
    this.parts = sealed.parts
  }

  /** Before a cell changes or leaves. */
  settleOwed(cell: Cell): void {
    if (cell.changeIndex >= 0) this.#settle(cell, true)
    else if (this.#isOwedToBase(cell)) this.#settle(cell, false)
  }

  *settleChanged(): Sliced<void> {
    while (this.#settledCount < this.#cells.length) {
      const index = this.#settledCount++
      const cell = this.#cells[index] as Cell
      // One that was settled before may be in the current list by now, at any index.
      if (cell.changeIndex === index && cell.epoch === this.#epoch) this.#settle(cell, true)
      if (index % cellsPerStep === 0) yield
    }
  }

  /**
   * Backwards: where a cell leaves, the last one takes its place, which was visited or is new.
   */
  *settleBase(ring: readonly Cell[]): Sliced<void> {
    if (this.#base.start >= this.#base.end) return
    let step = 0
    for (let index = ring.length - 1; index >= 0; index--) {
      const cell = ring[index]
      const isOwed = cell?.space.record !== undefined && this.#isOwedToBase(cell)
      if (isOwed) this.#settle(cell, false)
      step += isOwed ? passedPerStep / cellsPerStep : 1
      if (step < passedPerStep) continue
      step = 0
      yield
    }
  }

  #isOwedToBase(cell: Cell): boolean {
    const isPossible = cell.baseEpoch !== this.#epoch && cell.bornEpoch <= this.#epoch
    return isPossible && isInRange(cell.hash >>> 17, this.#base)
  }

  #settle(cell: Cell, isChanged: boolean): void {
    const isInBase = isInRange(cell.hash >>> 17, this.#base)
    if (isChanged) cell.changeIndex = -1
    if (isInBase) {
      cell.baseEpoch = this.#epoch
      this.baseNames?.add(entryName(cell))
    }
    // That there is none goes without saying in a base.
    if (isChanged || cell.value !== undefined) this.log.add(cell, isInBase)
  }
}
