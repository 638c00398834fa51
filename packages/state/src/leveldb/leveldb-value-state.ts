import {
  type ByteReader,
  type ByteWriter,
  readGeneric,
  type ValueState,
  writeGeneric,
} from '@millrace/core'
import { copyValue } from '../heap/copy-value.ts'
import type { Cell } from './cell.ts'
import { CellSpace, cellPart } from './cell-space.ts'
import { LevelDbState } from './leveldb-state.ts'
import { estimateBytes } from './memory-estimate.ts'
import type { StateSetup } from './state-setup.ts'
import { readTouched, writeTouched } from './touched.ts'

/** One value for each key: the head itself. */
export class LevelDbValueState<T> extends LevelDbState implements ValueState<T> {
  protected readonly heads: CellSpace

  constructor(setup: StateSetup) {
    super(setup.name, setup.backend, setup)
    const hasClock = setup.clock !== undefined
    this.heads = new CellSpace({
      ...{ stateId: setup.stateId, part: cellPart.head, isRecorded: true },
      codec: valueCodec(hasClock),
      cleanUp: hasClock ? (cell) => this.#cleanUp(cell) : undefined,
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
    const own = typeof value === 'number' ? value : copyValue(value)
    const cell = this.seek()
    this.cache.willChange(cell)
    cell.value = own
    if (this.clock !== undefined) cell.touchedAtMs = this.clock.now()
    this.cache.didChange(cell)
  }

  clear(): void {
    const cell = this.seek()
    if (cell.value !== undefined) this.#delete(cell)
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
    if (cell.value === undefined) return 0
    if (this.clock?.hasExpiredSince(cell.touchedAtMs) === true) this.#expire(cell)
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

function valueCodec(hasClock: boolean): CellSpace['codec'] {
  return {
    write: (cell: Cell, writer: ByteWriter) => {
      if (hasClock) writeTouched(cell.touchedAtMs, writer)
      writeGeneric(cell.value, writer)
    },
    read: (cell: Cell, reader: ByteReader) => {
      if (hasClock) cell.touchedAtMs = readTouched(reader)
      cell.value = readGeneric(reader)
    },
    sizeBytes: (cell: Cell) => estimateBytes(cell.value),
  }
}
