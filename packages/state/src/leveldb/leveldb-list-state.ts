import {
  ByteReader,
  type ByteWriter,
  type ListState,
  readGeneric,
  writeGeneric,
} from '@millrace/core'
import { copyDefined, copyValue, elementsOf } from '../heap/copy-value.ts'
import {
  closePart,
  openPart,
  type RecordBuffer,
  readTouch,
  writeTouch,
} from '../snapshot/record-buffer.ts'
import { recordFlag, type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Cell } from './cell.ts'
import { beginCellRecord } from './cell-record.ts'
import { type CellCodec, CellSpace, cellPart } from './cell-space.ts'
import { LevelDbState } from './leveldb-state.ts'
import { estimateBytes } from './memory-estimate.ts'
import type { StateSetup } from './state-setup.ts'
import { readTouched, writeTouched } from './touched.ts'

const chunkLengthMax = 64

/** Elements, and when each was touched last (empty where nothing expires). */
export interface ListPiece {
  readonly elements: unknown[]
  readonly touchedAtMs: number[]
}

/** The end of a list; `chunkCount` full chunks come before it. */
interface ListHead extends ListPiece {
  chunkCount: number
  /** So many elements, from the first, are what snapshots so far have of it. */
  encodedCount: number
}

/** A list for each key: its end in the head, what is before it in chunks that are only read. */
export class LevelDbListState<T> extends LevelDbState implements ListState<T> {
  protected readonly heads: CellSpace
  readonly #chunks: CellSpace
  /** A head and its chunks, as they come from the database; two snapshots may be at it at once. */
  readonly #scanned = new WeakMap<RecordBuffer, Cell[]>()

  constructor(stored: StoredState, setup: StateSetup) {
    super(stored, setup)
    this.heads = new CellSpace({
      ...{ stateId: stored.id, part: cellPart.head, codec: headCodec },
      record: (cell, records, isWhole) => this.#record(cell, records, isWhole),
      cleanUp: (cell) => this.#cleanUp(cell),
    })
    this.#chunks = new CellSpace({
      ...{ stateId: stored.id, part: cellPart.chunk, codec: chunkCodec },
    })
  }

  get spaces(): readonly CellSpace[] {
    return [this.heads, this.#chunks]
  }

  get(): T[] {
    const cell = this.seek()
    if (cell.value === undefined) return []
    const { clock } = this
    if (clock === undefined) return this.#piece(cell).elements.map((each) => copied<T>(each))
    let piece = this.#piece(cell)
    if (!clock.returnsExpired) piece = this.#expire(cell, piece)
    if (clock.touchesOnRead) this.#touch(cell, piece)
    return piece.elements.map((each) => copied<T>(each))
  }

  add(element: T): void {
    const own = this.#own(element)
    this.#append(this.seek(), own)
  }

  addAll(elements: Iterable<T>): void {
    for (const own of this.#ownAll(elements)) this.#append(this.seek(), own)
  }

  update(elements: Iterable<T>): void {
    const own = this.#ownAll(elements)
    const now = this.clock?.now()
    this.#replace(this.seek(), {
      elements: own,
      touchedAtMs: now === undefined ? [] : own.map(() => now),
    })
  }

  clear(): void {
    const cell = this.seek()
    if (cell.value !== undefined) this.#replace(cell, { elements: [], touchedAtMs: [] })
  }

  override restore(record: SegmentRecord): void {
    const cell = this.headOf(record, false)
    const elements: unknown[] = []
    const touchedAtMs: number[] = []
    const reader = new ByteReader(record.bytes, record.valueStart)
    while (record.hasValue && reader.position < record.valueEnd) {
      elements.push(readGeneric(reader))
      touchedAtMs.push(record.hasTouch ? readTouch(reader) : this.touchedAtMs(record))
    }
    if (record.op !== segmentOp.append || cell.value === undefined) {
      this.#replace(cell, { elements, touchedAtMs })
      return
    }
    const before = this.#piece(cell)
    this.#replace(cell, {
      elements: [...before.elements, ...elements],
      touchedAtMs: [...before.touchedAtMs, ...touchedAtMs],
    })
  }

  override recordScanned(cell: Cell, records: RecordBuffer): void {
    const scanned = this.#scanned.get(records) ?? []
    this.#scanned.set(records, scanned)
    const [head] = scanned
    // There may be chunks without a head: it was left out, or never left the cache so far.
    const { identity, scope } = cell.head
    const isHeads = identity === head?.identity && scope === head?.scope
    if (cell.space === this.heads || isHeads) scanned.push(cell)
  }

  override endScanned(records: RecordBuffer): void {
    const [head, ...chunks] = this.#scanned.get(records) ?? []
    this.#scanned.delete(records)
    if (head === undefined) return
    const pieces = [...chunks, head].map(({ value }) => value as ListPiece)
    this.#recordFrom(0, { cell: head, piece: joined(pieces), records })
  }

  #own(element: unknown): unknown {
    const own = copyDefined(element, 'An element of a list')
    this.declaration.valueType.require(own, this.backend.currentKey)
    return own
  }

  /** Before the state is touched: one that cannot be kept leaves it as it was. */
  #ownAll(elements: Iterable<unknown>): unknown[] {
    return Array.from(elementsOf(elements), (element) => this.#own(element))
  }

  /** All of a list. */
  #piece(cell: Cell): ListPiece {
    const head = cell.value as ListHead
    if (head.chunkCount === 0) return head
    const pieces: ListPiece[] = []
    for (let number = 0; number < head.chunkCount; number++) {
      pieces.push(this.#chunk(cell, number).value as ListPiece)
    }
    pieces.push(head)
    return joined(pieces)
  }

  /** Replaces a list; an empty one is none. */
  #replace(cell: Cell, { elements, touchedAtMs }: ListPiece): void {
    const before = (cell.value as ListHead | undefined)?.chunkCount ?? 0
    this.cache.willChange(cell)
    const chunkCount = Math.max(0, Math.ceil(elements.length / chunkLengthMax) - 1)
    for (let number = 0; number < Math.max(before, chunkCount); number++) {
      const [start, end] = [number * chunkLengthMax, (number + 1) * chunkLengthMax]
      const isKept = number < chunkCount
      const piece = isKept
        ? { elements: elements.slice(start, end), touchedAtMs: touchedAtMs.slice(start, end) }
        : undefined
      this.#setChunk(cell, number, piece)
    }
    const start = chunkCount * chunkLengthMax
    const head: ListHead = {
      ...{ chunkCount, encodedCount: 0 },
      ...{ elements: elements.slice(start), touchedAtMs: touchedAtMs.slice(start) },
    }
    cell.value = elements.length === 0 ? undefined : head
    cell.touchedAtMs = earliest(touchedAtMs)
    this.cache.didChange(cell)
  }

  #append(cell: Cell, own: unknown): void {
    this.cache.willChange(cell)
    cell.value ??= emptyHead()
    const head = cell.value as ListHead
    if (head.elements.length === chunkLengthMax) {
      const { elements, touchedAtMs } = head
      this.#setChunk(cell, head.chunkCount, {
        elements: [...elements],
        touchedAtMs: [...touchedAtMs],
      })
      head.chunkCount++
      elements.length = 0
      touchedAtMs.length = 0
    }
    const { clock } = this
    if (clock !== undefined) {
      if (head.chunkCount + head.elements.length === 0) cell.touchedAtMs = clock.now()
      head.touchedAtMs.push(clock.now())
    }
    head.elements.push(own)
    this.cache.didChange(cell)
  }

  #cleanUp(cell: Cell): number {
    const head = cell.value as ListHead | undefined
    if (head === undefined || this.clock === undefined) return 0
    const count = head.chunkCount * chunkLengthMax + head.elements.length
    if (this.clock.hasExpiredSince(cell.touchedAtMs)) this.#expire(cell, this.#piece(cell))
    return count
  }

  /** Takes out what has expired; returns what is left. */
  #expire(cell: Cell, piece: ListPiece): ListPiece {
    const { clock } = this
    const { elements, touchedAtMs } = piece
    if (clock === undefined || !clock.hasExpiredSince(earliest(touchedAtMs))) return piece
    const isKept = touchedAtMs.map((atMs) => !clock.hasExpiredSince(atMs))
    const kept = {
      elements: elements.filter((_, index) => isKept[index]),
      touchedAtMs: touchedAtMs.filter((_, index) => isKept[index]),
    }
    this.backend.expiredCount += elements.length - kept.elements.length
    this.#replace(cell, kept)
    return kept
  }

  #touch(cell: Cell, { elements, touchedAtMs }: ListPiece): void {
    const { clock } = this
    if (clock === undefined || elements.length === 0) return
    const now = clock.now()
    const touched = touchedAtMs.map((atMs) => (clock.hasExpiredSince(atMs) ? atMs : now))
    if (touched.some((atMs, index) => atMs !== touchedAtMs[index])) {
      this.#replace(cell, { elements, touchedAtMs: touched })
    }
  }

  #record(cell: Cell, records: RecordBuffer, isWhole: boolean): void {
    const head = cell.value as ListHead
    this.#recordFrom(isWhole ? 0 : head.encodedCount, { cell, piece: this.#piece(cell), records })
    head.encodedCount = head.chunkCount * chunkLengthMax + head.elements.length
  }

  /** Elements from the first of this number on; the ones before are in earlier snapshots. */
  #recordFrom(
    first: number,
    list: { readonly cell: Cell; readonly piece: ListPiece; readonly records: RecordBuffer },
  ): void {
    const { cell, records } = list
    const { elements, touchedAtMs } = list.piece
    const hasTouch = this.clock !== undefined
    const flags = recordFlag.value | (hasTouch ? recordFlag.touch : 0)
    const op = first === 0 ? segmentOp.put : segmentOp.append
    const writer = beginCellRecord(op, flags, { cell, records })
    const start = openPart(writer)
    for (let index = first; index < elements.length; index++) {
      writeGeneric(elements[index], writer)
      if (hasTouch) writeTouch(touchedAtMs[index] as number, writer)
    }
    closePart(writer, start)
    if (hasTouch) writeTouch(touchedAtMs.at(-1) as number, writer)
    records.end()
  }

  #chunk(head: Cell, number: number): Cell {
    return this.cache.find(this.#chunks, number, head, chunkHash(head, number))
  }

  #setChunk(head: Cell, number: number, piece: ListPiece | undefined): void {
    const cell = this.cache.findBlind(this.#chunks, number, head, chunkHash(head, number))
    this.cache.willChange(cell)
    cell.value = piece
    this.cache.didChange(cell)
  }
}

/** Where a chunk lies in the index of the cache. One list may have most of the chunks. */
export function chunkHash(head: Cell, number: number): number {
  return head.hash ^ Math.imul(number + 1, 0x9e3779b1)
}

function joined(pieces: readonly ListPiece[]): ListPiece {
  return {
    elements: pieces.flatMap(({ elements }) => elements),
    touchedAtMs: pieces.flatMap(({ touchedAtMs }) => touchedAtMs),
  }
}

function emptyHead(): ListHead {
  return { elements: [], touchedAtMs: [], chunkCount: 0, encodedCount: 0 }
}

function earliest(touchedAtMs: readonly number[]): number {
  if (touchedAtMs.length === 0) return 0
  let least = Number.POSITIVE_INFINITY
  for (const atMs of touchedAtMs) if (atMs < least) least = atMs
  return least
}

function copied<T>(element: unknown): T {
  return copyValue(element) as T
}

const headCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    const { chunkCount, elements, touchedAtMs } = cell.value as ListHead
    writeTouched(cell.touchedAtMs, writer)
    writeGeneric([chunkCount, elements, touchedAtMs], writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    cell.touchedAtMs = readTouched(reader)
    const head = readGeneric(reader) as [number, unknown[], number[]]
    const [chunkCount, elements, touchedAtMs] = head
    cell.value = { elements, touchedAtMs, chunkCount, encodedCount: 0 }
  },
  sizeBytes: (cell: Cell) => pieceBytes(cell),
}

const chunkCodec: CellCodec = {
  write: (cell: Cell, writer: ByteWriter) => {
    const { elements, touchedAtMs } = cell.value as ListPiece
    writeGeneric([elements, touchedAtMs], writer)
  },
  read: (cell: Cell, reader: ByteReader) => {
    const [elements, touchedAtMs] = readGeneric(reader) as [unknown[], number[]]
    cell.value = { elements, touchedAtMs }
  },
  sizeBytes: (cell: Cell) => pieceBytes(cell),
}

/** By its first and last element: the whole would be looked at for each that is added. */
function pieceBytes(cell: Cell): number {
  const { elements, touchedAtMs } = cell.value as ListPiece
  const { length } = elements
  const ends = estimateBytes(elements[0]) + estimateBytes(elements[length - 1])
  return 160 + 8 * touchedAtMs.length + length * (8 + ends / 2)
}
