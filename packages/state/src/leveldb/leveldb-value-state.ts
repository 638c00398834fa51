import {
  type ByteReader,
  type ByteWriter,
  decodeGeneric,
  readGeneric,
  type ValueState,
  writeGeneric,
} from '@millrace/core'
import { copyValue } from '../heap/copy-value.ts'
import { closePart, openPart, type RecordBuffer, writeTouch } from '../snapshot/record-buffer.ts'
import { recordFlag, type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Cell } from './cell.ts'
import { beginCellRecord } from './cell-record.ts'
import { type CellCodec, CellSpace, cellPart } from './cell-space.ts'
import { LevelDbState } from './leveldb-state.ts'
import { estimateBytes } from './memory-estimate.ts'
import type { StateSetup } from './state-setup.ts'
import { readTouched, writeTouched } from './touched.ts'

/** One value for each key: the head itself. */
export class LevelDbValueState<T> extends LevelDbState implements ValueState<T> {
  protected readonly heads: CellSpace

  constructor(stored: StoredState, setup: StateSetup) {
    super(stored, setup)
    this.heads = new CellSpace({
      ...{ stateId: stored.id, part: cellPart.head, codec: valueCodec },
      record: (cell, records) => recordValue(cell, records, this.clock !== undefined),
      cleanUp: (cell) => this.#cleanUp(cell),
    })
  }

  get spaces(): readonly CellSpace[] {
    return [this.heads]
  }

  value(): T | undefined {
    const cell = this.seek()
    const { value } = cell
    if (value === undefined || (this.clock !== undefined && !this.#isReadable(cell))) {
      return undefined
    }
    return typeof value === 'number' ? (value as T) : copyValue(value as T)
  }

  update(value: T | undefined): void {
    if (value === undefined) {
      this.clear()
      return
    }
    const isOwn = typeof value === 'number' && this.declaration.valueType.takesNumbers
    const own = isOwn ? value : this.#own(value)
    const cell = this.seekToSet()
    this.cache.willChange(cell)
    cell.value = own
    if (this.clock !== undefined) cell.touchedAtMs = this.clock.now()
    this.cache.didChange(cell)
  }

  clear(): void {
    const cell = this.seek()
    if (cell.value !== undefined) this.#delete(cell)
  }

  override restore(record: SegmentRecord): void {
    const cell = this.headOf(record, true)
    this.cache.willChange(cell)
    const isPut = record.op === segmentOp.put
    cell.value = isPut ? decodeGeneric(record.bytes, record.valueStart) : undefined
    cell.touchedAtMs = this.touchedAtMs(record)
    this.cache.didChange(cell)
  }

  #own(value: T): T {
    const own = copyValue(value)
    this.declaration.valueType.require(own, this.backend.currentKey)
    return own
  }

  #isReadable(cell: Cell): boolean {
    const { clock } = this
    if (clock === undefined) return true
    if (clock.hasExpiredSince(cell.touchedAtMs)) {
      if (!clock.returnsExpired) this.#expire(cell)
      return clock.returnsExpired
    }
    if (clock.touchesOnRead && cell.touchedAtMs !== clock.now()) {
      this.cache.willChange(cell)
      cell.touchedAtMs = clock.now()
      this.cache.didChange(cell)
    }
    return true
  }

  #cleanUp(cell: Cell): number {
    if (cell.value === undefined || this.clock === undefined) return 0
    if (this.clock.hasExpiredSince(cell.touchedAtMs)) this.#expire(cell)
    return 1
  }

  #expire(cell: Cell): void {
    this.#delete(cell)
    this.backend.expiredCount++
  }

  #delete(cell: Cell): void {
    this.cache.willChange(cell)
    cell.value = undefined
    this.cache.didChange(cell)
  }
}

const valueCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    writeTouched(cell.touchedAtMs, writer)
    writeGeneric(cell.value, writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    cell.touchedAtMs = readTouched(reader)
    cell.value = readGeneric(reader)
  },
  sizeBytes: (cell: Cell) => estimateBytes(cell.value),
}

/** Of a value, or of an entry of a map. */
export function recordValue(cell: Cell, records: RecordBuffer, hasTouch: boolean): void {
  const flags = recordFlag.value | (hasTouch ? recordFlag.touch : 0)
  const writer = beginCellRecord(segmentOp.put, flags, { cell, records })
  const start = openPart(writer)
  writeGeneric(cell.value, writer)
  closePart(writer, start)
  if (hasTouch) writeTouch(cell.touchedAtMs, writer)
  records.end()
}
