import { ByteReader, ByteWriter, detachString } from '@millrace/core'
import { Cell } from './cell.ts'
import { writeCellKey } from './cell-key.ts'
import type { CellSpace } from './cell-space.ts'
import type { StateDatabase } from './state-database.ts'
import { databaseFailure, WriteBehind } from './write-behind.ts'

/** What a cell takes besides its value: the object, its places in index and ring. */
const cellBytes = 260
/** Of cells that are set without being read one in so many is read, to know which share is new. */
const setsPerSample = 16
const samplesInShare = 16

/** Told of every change and departure of cells whose space is recorded. */
export interface ChangeListener {
  /** The first change of a cell since the last seal is about to happen. */
  onFirstChange(cell: Cell): void
  /** A cell is about to leave the cache. */
  onLeave(cell: Cell): void
}

/**
 * The cells in memory, bounded in bytes by a clock: each is used again or leaves, a dirty one after
 * it was written.
 *
 * Order of calls: `makeRoom`, `find`; `willChange`, the change itself, `didChange`. Cells leave in
 * `makeRoom` and between turns of the event loop: one that is kept so long is good while
 * `at >= 0`.
 */
export class CellCache {
  /** Counts seals. */
  epoch = 0
  /** About how many entries of states there are, in memory or not. */
  entryCount = 0
  readonly #database: StateDatabase
  readonly #writeBehind: WriteBehind
  readonly #sizeMaxBytes: number
  #sizeBytes = 0
  readonly #ring: Cell[] = []
  #hand = 0
  #isDatabaseEmpty = true
  #setCount = 0
  /** Of the cells that are set about so many were not there before. */
  #newShare = 1
  #listener: ChangeListener | undefined
  readonly #writer = new ByteWriter()

  constructor(database: StateDatabase, sizeMaxBytes: number) {
    this.#database = database
    this.#sizeMaxBytes = sizeMaxBytes
    const batchCountMax = Math.floor(sizeMaxBytes / (8 * cellBytes))
    this.#writeBehind = new WriteBehind(database, batchCountMax, (cell) => this.#onWritten(cell))
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** All cells, in no order. */
  get ring(): readonly Cell[] {
    return this.#ring
  }

  get writeBehind(): WriteBehind {
    return this.#writeBehind
  }

  listen(listener: ChangeListener | undefined): void {
    this.#listener = listener
  }

  /** Nothing was ever written: all there is is in the cache. */
  get isDatabaseEmpty(): boolean {
    return this.#isDatabaseEmpty
  }

  /** The cell, read from the database where it is not here. It may have nothing. */
  find(space: CellSpace, identity: unknown, scope: unknown, hash: number): Cell {
    const place = space.index.find(identity, scope, hash)
    if (place >= 0) {
      const found = space.index.valueAt(place) as Cell
      found.isReferenced = true
      return found
    }
    return this.#enter(space, identity, scope, hash, !this.#isDatabaseEmpty)
  }

  /**
   * The same for one whose value is set at once, whatever it was: hardly any is read from the
   * database, where a read is what an access costs.
   */
  findToSet(space: CellSpace, identity: unknown, scope: unknown, hash: number): Cell {
    const place = space.index.find(identity, scope, hash)
    if (place >= 0) {
      const found = space.index.valueAt(place) as Cell
      found.isReferenced = true
      return found
    }
    if (this.#isDatabaseEmpty) return this.#enter(space, identity, scope, hash, false)
    const isSample = this.#setCount++ % setsPerSample === 0
    const cell = this.#enter(space, identity, scope, hash, isSample)
    if (isSample) {
      const isNew = cell.value === undefined ? 1 : 0
      this.#newShare += (isNew - this.#newShare) / samplesInShare
    } else {
      cell.isCounted = true
      this.entryCount += this.#newShare
    }
    return cell
  }

  /** The same for one that is restored: it is not read, and not in use. */
  findBlind(space: CellSpace, identity: unknown, scope: unknown, hash: number): Cell {
    const place = space.index.find(identity, scope, hash)
    if (place >= 0) return space.index.valueAt(place) as Cell
    return this.#enter(space, identity, scope, hash, false)
  }

  /** The cell if it is here. */
  peek(space: CellSpace, identity: unknown, scope: unknown, hash: number): Cell | undefined {
    const place = space.index.find(identity, scope, hash)
    return place < 0 ? undefined : (space.index.valueAt(place) as Cell)
  }

  /** Before its value is changed. Called per record. */
  willChange(cell: Cell): void {
    if (cell.epoch === this.epoch) return
    if (cell.space.record !== undefined) this.#listener?.onFirstChange(cell)
    cell.epoch = this.epoch
  }

  /** After it was changed. Called per record. */
  didChange(cell: Cell): void {
    cell.isDirty = true
    const { value } = cell
    const valueBytes = typeof value === 'number' || value === undefined ? 0 : this.#bytesOf(cell)
    const sizeBytes = cellBytes + valueBytes
    this.#sizeBytes += sizeBytes - cell.sizeBytes
    cell.sizeBytes = sizeBytes
    const isThere = value !== undefined
    if (isThere === cell.isCounted) return
    cell.isCounted = isThere
    if (cell.space.record !== undefined) this.entryCount += isThere ? 1 : -1
  }

  /** Lets cells leave until the bound holds again. Throws what went wrong with a write. */
  makeRoom(): void {
    if (this.#sizeBytes > this.#sizeMaxBytes) this.#evict()
  }

  /** All cells leave, and nothing is told or kept of them. */
  clear(): void {
    for (const cell of this.#ring) cell.at = -1
    this.#ring.length = 0
    this.#sizeBytes = 0
  }

  #bytesOf(cell: Cell): number {
    return cell.space.codec.sizeBytes(cell)
  }

  #enter(space: CellSpace, identity: unknown, scope: unknown, hash: number, reads: boolean): Cell {
    const own = typeof identity === 'string' ? detachString(identity) : identity
    const cell = new Cell(space, { identity: own, scope, hash }, this.epoch)
    if (reads) this.#read(cell)
    cell.isCounted = cell.value !== undefined
    cell.place = space.index.insert(own, scope, hash, cell)
    cell.at = this.#ring.length
    this.#ring.push(cell)
    if (scope instanceof Cell) scope.partCount++
    cell.sizeBytes = cellBytes + (cell.value === undefined ? 0 : this.#bytesOf(cell))
    this.#sizeBytes += cell.sizeBytes
    return cell
  }

  #read(cell: Cell): void {
    const writer = this.#writer
    writer.position = 0
    writeCellKey(cell, writer)
    try {
      const bytes = this.#database.get(writer.bytes.subarray(0, writer.position))
      if (bytes !== undefined) cell.space.codec.read(cell, new ByteReader(bytes))
    } catch (cause) {
      throw databaseFailure('read', cause)
    }
  }

  /**
   * Moves the hand until as much has left, or will once it is written, as is too much. What is
   * being written is two batches at most, waited for if need be: that bounds memory however long a
   * task does not let the event loop go on.
   */
  #evict(): void {
    const writeBehind = this.#writeBehind
    writeBehind.throwFailure()
    const ring = this.#ring
    let stepsLeft = 2 * ring.length + 1
    while (this.#sizeBytes - writeBehind.sizeBytes > this.#sizeMaxBytes && stepsLeft-- > 0) {
      if (this.#hand >= ring.length) this.#hand = 0
      const cell = ring[this.#hand] as Cell
      if (cell.isReferenced) cell.isReferenced = false
      else if (cell.partCount === 0 && !cell.isWriting && !cell.isPending) {
        if (!cell.isDirty) {
          if (this.#leave(cell)) continue
        } else {
          this.#isDatabaseEmpty = false
          writeBehind.add(cell)
        }
      }
      this.#hand++
    }
  }

  /** A cell that was to leave is in the database. */
  #onWritten(cell: Cell): void {
    if (cell.at < 0 || cell.isDirty || cell.isReferenced || cell.partCount > 0) return
    this.#leave(cell)
  }

  /** False where the snapshot needed parts of it, which are here now: it has to stay. */
  #leave(cell: Cell): boolean {
    if (cell.space.record !== undefined) {
      this.#listener?.onLeave(cell)
      if (cell.partCount > 0) return false
    }
    this.#drop(cell)
    return true
  }

  #drop(cell: Cell): void {
    cell.space.index.delete(cell.place)
    const last = this.#ring.pop() as Cell
    if (last !== cell) {
      this.#ring[cell.at] = last
      last.at = cell.at
    }
    cell.at = -1
    if (cell.scope instanceof Cell) cell.scope.partCount--
    this.#sizeBytes -= cell.sizeBytes
  }
}
