import { ByteWriter, MillraceError } from '@millrace/core'
import type { Cell } from './cell.ts'
import { ownStateId, writeCellKey } from './cell-key.ts'
import type { StateDatabase } from './state-database.ts'

const batchCountMost = 2048
const batchBytesMax = 2 << 20
/** A disk that takes longer than this for a batch counts as broken. */
const batchMsMax = 60_000
const pauseMs = 0.25
const firstProbeMs = 250
/** More than LevelDB writes at once. */
const probeBytes = 256 * 1024

/**
 * Writes dirty cells, one batch at a time; each batch writes its number too, so that it shows
 * without the event loop when it is done.
 */
export class WriteBehind {
  readonly #database: StateDatabase
  readonly #batchCountMax: number
  readonly #onCellWritten: (cell: Cell) => void
  #pending: Cell[] = []
  #pendingBytes = 0
  #writing: Cell[] = []
  #writingBytes = 0
  #batchNumber = 0
  #failure: MillraceError | undefined
  #done: Promise<void> = Promise.resolve()
  readonly #key = new ByteWriter()
  readonly #value = new ByteWriter()
  readonly #numberKey: Uint8Array

  /** `onCellWritten` is called for each cell of a batch that is done, changed since or not. */
  constructor(database: StateDatabase, batchCountMax: number, onCellWritten: (cell: Cell) => void) {
    this.#database = database
    this.#batchCountMax = Math.max(1, Math.min(batchCountMax, batchCountMost))
    this.#onCellWritten = onCellWritten
    this.#numberKey = new Uint8Array([ownStateId >>> 8, ownStateId & 0xff])
  }

  /** Estimated memory of the cells that are pending or being written. */
  get sizeBytes(): number {
    return this.#pendingBytes + this.#writingBytes
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The cell is part of the next batch, as it is then. */
  add(cell: Cell): void {
    cell.isPending = true
    this.#pending.push(cell)
    this.#pendingBytes += cell.sizeBytes
    if (this.#pending.length < this.#batchCountMax && this.#pendingBytes < batchBytesMax) return
    if (!this.#poll()) this.#waitForBatch()
    this.#writePending()
  }

  /** Returns when all that is pending is written, or could not be in the time a batch may take. */
  finish(): void {
    this.#waitForBatch()
    if (this.#pending.length === 0) return
    this.#writePending()
    this.#waitForBatch()
  }

  /** Resolves when nothing is being written any more, whatever became of it. */
  async settled(): Promise<void> {
    await this.#done
  }

  /** Cells that are in the batch that is being written. */
  get writing(): readonly Cell[] {
    return this.#writing
  }

  #writePending(): void {
    const cells = this.#pending
    this.#pending = []
    this.#writing = cells
    this.#writingBytes = this.#pendingBytes
    this.#pendingBytes = 0
    const number = ++this.#batchNumber
    const batch = this.#database.batch()
    const [key, value] = [this.#key, this.#value]
    for (const cell of cells) {
      key.position = 0
      writeCellKey(cell, key)
      const keyBytes = key.bytes.subarray(0, key.position)
      if (cell.value === undefined) {
        batch.delete(keyBytes)
      } else {
        value.position = 0
        cell.space.codec.write(cell, value)
        batch.put(keyBytes, value.bytes.subarray(0, value.position))
      }
      cell.isPending = false
      cell.isDirty = false
      cell.isWriting = true
    }
    batch.put(this.#numberKey, numberBytes(number))
    this.#done = batch.write().then(
      () => this.#onWritten(number),
      (cause: unknown) => {
        this.#failure ??= databaseFailure('write', cause)
      },
    )
  }

  #onWritten(number: number): void {
    if (number !== this.#batchNumber || this.#writing.length === 0) return
    const cells = this.#writing
    this.#writing = []
    this.#writingBytes = 0
    for (const cell of cells) {
      cell.isWriting = false
      this.#onCellWritten(cell)
    }
  }

  /** Whether the batch is done. */
  #poll(): boolean {
    if (this.#writing.length === 0) return true
    this.throwFailure()
    let found: Uint8Array | undefined
    try {
      found = this.#database.get(this.#numberKey)
    } catch (cause) {
      throw databaseFailure('read', cause)
    }
    if (found === undefined || numberOf(found) !== this.#batchNumber) return false
    this.#onWritten(this.#batchNumber)
    return true
  }

  /**
   * The answer of a failed write comes through the event loop, which stands still here; hence the
   * bound, and a look now and then whether the disk takes anything at all.
   */
  #waitForBatch(): void {
    let probedMs = firstProbeMs
    for (let waitedMs = 0; !this.#poll(); waitedMs += pauseMs) {
      if (waitedMs >= batchMsMax) {
        throw databaseFailure('write', new Error(`nothing was written for ${batchMsMax} ms`))
      }
      if (waitedMs >= probedMs) {
        probedMs *= 2
        this.#probeDisk()
      }
      this.#database.pause(pauseMs)
    }
  }

  #probeDisk(): void {
    const spill = this.#database.spill()
    try {
      spill.append(new Uint8Array(probeBytes))
    } catch (cause) {
      throw databaseFailure('write', cause)
    } finally {
      spill.drop()
    }
  }
}

function numberBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, number)
  return bytes
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0)
}

export function databaseFailure(what: 'open' | 'read' | 'write', cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError(
    'STATE_BACKEND_FAILED',
    `The local database of a keyed operator could not ${what}: ${reason}. The task begins again ` +
      'in a fresh directory from the latest checkpoint; look for a full or broken disk below ' +
      'io.tmp.dirs.',
    { cause, blame: 'external', disposition: 'retry' },
  )
}
