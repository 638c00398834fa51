import type { ByteReader, ByteWriter } from '@millrace/core'
import { KeyTable } from '../heap/key-table.ts'
import type { RecordBuffer } from '../snapshot/record-buffer.ts'
import type { Cell } from './cell.ts'

/** Which part of a state a cell is; its number stands in the key. */
export const cellPart = { head: 0, chunk: 1, entry: 2 } as const

/** How the cells of one space lie in the database. */
export interface CellCodec {
  /** Appends what the cell has; it has something. */
  write(cell: Cell, writer: ByteWriter): void
  /** Sets what the cell has. */
  read(cell: Cell, reader: ByteReader): void
  /** Estimated memory of what the cell has, itself left out. */
  sizeBytes(cell: Cell): number
}

/** All cells of one state that are the same part of it. */
export class CellSpace {
  readonly stateId: number
  readonly part: number
  /**
   * Appends the record of a cell that has something; `isWhole`: it may not build on earlier ones.
   * Undefined where snapshots do not hold such cells, because they can be made from others.
   */
  readonly record: ((cell: Cell, records: RecordBuffer, isWhole: boolean) => void) | undefined
  readonly codec: CellCodec
  /** Those in the cache. */
  readonly index: KeyTable = new KeyTable()
  /** Looks whether something in a cell expired; returns how many entries it looked at. */
  readonly cleanUp: ((cell: Cell) => number) | undefined

  constructor(options: {
    readonly stateId: number
    readonly part: number
    readonly record?: (cell: Cell, records: RecordBuffer, isWhole: boolean) => void
    readonly codec: CellCodec
    readonly cleanUp?: (cell: Cell) => number
  }) {
    this.stateId = options.stateId
    this.part = options.part
    this.record = options.record
    this.codec = options.codec
    this.cleanUp = options.cleanUp
  }
}
