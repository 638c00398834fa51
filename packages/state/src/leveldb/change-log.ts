import { assert, ByteWriter, type KeyGroupRange } from '@millrace/core'
import { RecordBuffer } from '../snapshot/record-buffer.ts'
import { isInRange, segmentOp, segmentOpMask } from '../snapshot/segment-format.ts'
import { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Sliced } from '../snapshot/slice.ts'
import type { Cell } from './cell.ts'
import { identityFlags, writeEntryName } from './cell-record.ts'

interface Tombstone {
  /** Of the record that says so. */
  readonly flags: number
  /** Records that came before it are void. */
  readonly recordCount: number
}

const recordsPerStep = 64
/** What a buffer of records keeps of each, and what a tombstone takes with a name of common size. */
const placeBytes = 16
const tombstoneBytes = 200
const scratch = new ByteWriter()

/**
 * What happened to entries from one seal to the next, in the order in which it was written down:
 * when a cell left the cache, when it was about to change again, or when its turn came. Of an entry
 * that is there several times the last one counts.
 */
export class ChangeLog {
  /** Puts only. */
  #puts = new RecordBuffer()
  /** By the name of the entry. */
  #tombstones = new Map<string, Tombstone>()

  get isEmpty(): boolean {
    return this.#puts.recordCount === 0 && this.#tombstones.size === 0
  }

  /** Estimated memory. */
  get sizeBytes(): number {
    const { sizeBytes, recordCount } = this.#puts
    return sizeBytes + recordCount * placeBytes + this.#tombstones.size * tombstoneBytes
  }

  /** The entry is as the cell has it. `isWhole`: its record may not build on earlier ones. */
  add(cell: Cell, isWhole: boolean): void {
    if (cell.value === undefined) {
      const tombstone = { flags: identityFlags(cell), recordCount: this.#puts.recordCount }
      this.#tombstones.set(entryName(cell), tombstone)
    } else {
      cell.space.record?.(cell, this.#puts, isWhole)
    }
  }

  /** What `earlier` has came before. */
  prepend(earlier: ChangeLog): void {
    const puts = new RecordBuffer()
    const tombstones = new Map(earlier.#tombstones)
    for (const _ of copyRecords(earlier.#puts, puts));
    const { recordCount } = puts
    for (const _ of copyRecords(this.#puts, puts));
    for (const [name, { flags, recordCount: count }] of this.#tombstones) {
      tombstones.set(name, { flags, recordCount: recordCount + count })
    }
    this.#puts = puts
    this.#tombstones = tombstones
  }

  /** Appends what is left in the end. What was deleted in `base` need not be said. */
  *write(records: RecordBuffer, base: KeyGroupRange): Sliced<void> {
    const tombstones = this.#tombstones
    if (tombstones.size === 0) {
      yield* copyRecords(this.#puts, records)
      return
    }
    yield* copyRecords(this.#puts, records, (name, index) => {
      const tombstone = tombstones.get(name)
      return tombstone === undefined || index >= tombstone.recordCount
    })
    let step = 0
    for (const [name, { flags }] of tombstones) {
      writeTombstone(name, flags, base, records)
      if (++step % recordsPerStep === 0) yield
    }
  }
}

/** `isKept` is asked with the name of the record's entry. */
function* copyRecords(
  from: RecordBuffer,
  to: RecordBuffer,
  isKept?: (name: string, index: number) => boolean,
): Sliced<void> {
  let index = 0
  for (const chunk of from.chunks) {
    const record = new SegmentRecord(chunk.writer.bytes)
    for (const [number, start] of chunk.starts.entries()) {
      const end = chunk.endOf(number)
      const moved = record.moveTo(start, end)
      assert(moved === end, 'A record of the log is not what was written')
      if (isKept?.(nameOf(record, start), index) !== false) copyRecord(record, { start, end, to })
      if (++index % recordsPerStep === 0) yield
    }
  }
}

export function copyRecord(
  { bytes, op, keyGroup, stateId }: SegmentRecord,
  { start, end, to }: { readonly start: number; readonly end: number; readonly to: RecordBuffer },
): void {
  const flags = (bytes[start] as number) & ~segmentOpMask
  const writer = to.begin(op as typeof segmentOp.put, flags, keyGroup, stateId)
  const from = start + 5
  writer.reserve(end - from)
  writer.bytes.set(bytes.subarray(from, end), writer.position)
  writer.position += end - from
  to.end()
}

function writeTombstone(
  name: string,
  flags: number,
  base: KeyGroupRange,
  records: RecordBuffer,
): void {
  const keyGroup = name.charCodeAt(0) | (name.charCodeAt(1) << 8)
  if (isInRange(keyGroup, base)) return
  const stateId = name.charCodeAt(2) | (name.charCodeAt(3) << 8)
  const writer = records.begin(segmentOp.delete, flags, keyGroup, stateId)
  writer.reserve(name.length)
  for (let index = 4; index < name.length; index++) {
    writer.bytes[writer.position++] = name.charCodeAt(index)
  }
  records.end()
}

/** The name of a cell's entry: as a text, all of its record from the key group to the value. */
export function entryName(cell: Cell): string {
  scratch.position = 0
  writeEntryName(cell, scratch)
  return latin1(scratch.bytes, 0, scratch.position)
}

function nameOf(record: SegmentRecord, start: number): string {
  const { hasMapKey, hasNamespace, mapKeyEnd, namespaceEnd, keyEnd } = record
  const end = hasMapKey ? mapKeyEnd : hasNamespace ? namespaceEnd : keyEnd
  return latin1(record.bytes, start + 1, end)
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
