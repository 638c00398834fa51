import {
  type KeyGroupRange,
  keyGroupCount,
  MillraceError,
  type SegmentHandle,
} from '@millrace/core'
import { crc32, Sha256 } from '../io/checksum.ts'
import {
  blockHeaderBytes,
  checksumBytes,
  indexEntryBytes,
  type SegmentHeader,
  type StoredState,
  segmentEndMagic,
  segmentFooterBytes,
  segmentFormatVersion,
  segmentMagic,
  segmentOp,
  segmentPrefixBytes,
} from './segment-format.ts'
import { SegmentRecord } from './segment-record.ts'
import type { Sliced } from './slice.ts'

interface Block {
  /** Of its records. */
  readonly start: number
  readonly end: number
  readonly recordCount: number
  readonly firstKeyGroup: number
  readonly lastKeyGroup: number
}

const recordsPerStep = 512
const hashedPerStepBytes = 128 * 1024

/**
 * A segment that is what was written: nothing of it can be read before all of it was verified.
 *
 * Checked in this order, so that a message says as exactly as possible where it is damaged: size,
 * header, footer, index, each block with its records, and the hash that is part of its name.
 */
export class SegmentReader {
  readonly header: SegmentHeader
  readonly #bytes: Uint8Array
  readonly #blocks: readonly Block[]
  readonly #record: SegmentRecord
  /** By state. */
  readonly #putCounts: Uint32Array

  /**
   * `location`: of the storage, for the message.
   *
   * @throws MillraceError CHECKPOINT_CORRUPT, with the file, the offset and what is wrong there.
   */
  static *verify(
    bytes: Uint8Array,
    handle: SegmentHandle,
    location: string,
  ): Sliced<SegmentReader> {
    const verification = new Verification(bytes, handle, location)
    verification.size()
    const header = verification.header()
    const blocks = verification.blocks()
    yield
    for (const block of blocks) {
      verification.checksum(block)
      yield
    }
    const record = new SegmentRecord(bytes)
    const putCounts = new Uint32Array(Math.max(0, ...header.states.map(({ id }) => id + 1)))
    yield* verification.records(blocks, record, header, putCounts)
    yield* verification.hash()
    return new SegmentReader(bytes, header, { blocks, record, putCounts })
  }

  private constructor(
    bytes: Uint8Array,
    header: SegmentHeader,
    rest: {
      readonly blocks: readonly Block[]
      readonly record: SegmentRecord
      readonly putCounts: Uint32Array
    },
  ) {
    this.header = header
    this.#bytes = bytes
    this.#blocks = rest.blocks
    this.#record = rest.record
    this.#putCounts = rest.putCounts
  }

  /** Records of this state that put something. */
  putCount(stateId: number): number {
    return this.#putCounts[stateId] ?? 0
  }

  /** Calls `apply` for the records of a range, in order, with one and the same object. */
  *read(range: KeyGroupRange, apply: (record: SegmentRecord) => void): Sliced<void> {
    const record = this.#record
    let step = 0
    for (const { start, end, firstKeyGroup, lastKeyGroup } of this.#blocks) {
      if (lastKeyGroup < range.start || firstKeyGroup >= range.end) continue
      for (let at = start; at < end; ) {
        at = record.moveTo(at, end)
        const { keyGroup } = record
        if (keyGroup >= range.start && keyGroup < range.end) apply(record)
        if (++step % 128 === 0) yield
      }
    }
  }

  get sizeBytes(): number {
    return this.#bytes.length
  }
}

class Verification {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #handle: SegmentHandle
  readonly #location: string
  #headerEnd = 0

  constructor(bytes: Uint8Array, handle: SegmentHandle, location: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#handle = handle
    this.#location = location
  }

  size(): void {
    const { length } = this.#bytes
    this.#require(
      length === this.#handle.sizeBytes,
      0,
      () => `it has ${length} bytes, ${this.#handle.sizeBytes} were written`,
    )
    const least = segmentPrefixBytes + checksumBytes + segmentFooterBytes
    this.#require(length >= least, 0, () => `a segment has ${least} bytes at least`)
  }

  header(): SegmentHeader {
    this.#magic(segmentMagic, 0)
    const version = this.#view.getUint32(8, true)
    this.#require(
      version === segmentFormatVersion,
      8,
      () => `its format version is ${version}, and this version reads ${segmentFormatVersion}`,
    )
    const end = segmentPrefixBytes + this.#view.getUint32(12, true)
    const contentEnd = this.#bytes.length - segmentFooterBytes
    this.#require(end + checksumBytes <= contentEnd, 12, () => 'its header is longer than the file')
    this.#sum(0, end)
    this.#headerEnd = end + checksumBytes
    const header = this.#json(end)
    const { checkpointId, replaces } = this.#handle
    const isOfHandle =
      header.checkpointId === checkpointId &&
      header.replaces.start === replaces.start &&
      header.replaces.end === replaces.end
    this.#require(isOfHandle, segmentPrefixBytes, () => 'it was written for another checkpoint')
    return header
  }

  blocks(): readonly Block[] {
    const view = this.#view
    const footer = this.#bytes.length - segmentFooterBytes
    this.#magic(segmentEndMagic, footer + 16)
    const indexStart = view.getUint32(footer, true)
    const count = view.getUint32(footer + 4, true)
    this.#require(
      indexStart >= this.#headerEnd && indexStart + count * indexEntryBytes === footer,
      footer,
      () => 'its index does not lie before its end',
    )
    this.#sum(indexStart, footer + 12)
    const recordCount = view.getUint32(footer + 8, true)
    this.#require(
      recordCount === this.#handle.recordCount,
      footer + 8,
      () => `it has ${recordCount} records, ${this.#handle.recordCount} were written`,
    )
    const blocks: Block[] = []
    let next = this.#headerEnd
    for (let entry = indexStart; entry < footer; entry += indexEntryBytes) {
      const isLast = entry + indexEntryBytes === footer
      const end = isLast ? indexStart : view.getUint32(entry + indexEntryBytes, true)
      blocks.push(this.#blockAt(entry, next, end))
      next = end
    }
    this.#require(next === indexStart, next, () => 'there is something before its index')
    const counted = blocks.reduce((sum, block) => sum + block.recordCount, 0)
    this.#require(counted === recordCount, indexStart, () => `its blocks have ${counted} records`)
    return blocks
  }

  checksum({ start, end }: Block): void {
    this.#sum(start - blockHeaderBytes, end)
  }

  /** Whether each record lies within its block, and its key group and state are known. */
  *records(
    blocks: readonly Block[],
    record: SegmentRecord,
    { states }: SegmentHeader,
    putCounts: Uint32Array,
  ): Sliced<void> {
    const ids = new Set(states.map(({ id }) => id))
    let keyGroup = 0
    let step = 0
    for (const block of blocks) {
      let count = 0
      for (let at = block.start; at < block.end; count++) {
        const start = at
        at = record.moveTo(at, block.end)
        this.#require(at > 0, start, () => 'a record does not end within its block')
        const isInOrder =
          record.keyGroup >= keyGroup &&
          record.keyGroup >= block.firstKeyGroup &&
          record.keyGroup <= block.lastKeyGroup
        this.#require(isInOrder, start, () => `key group ${record.keyGroup} comes out of order`)
        this.#require(ids.has(record.stateId), start, () => `it has no state ${record.stateId}`)
        keyGroup = record.keyGroup
        if (record.op === segmentOp.put) (putCounts[record.stateId] as number)++
        if (++step % recordsPerStep === 0) yield
      }
      const expected = block.recordCount
      this.#require(
        count === expected,
        block.start,
        () => `a block has ${count} records, its index says ${expected}`,
      )
    }
  }

  *hash(): Sliced<void> {
    const { name } = this.#handle
    const hash = new Sha256()
    for (let at = 0; at < this.#bytes.length; at += hashedPerStepBytes) {
      hash.update(this.#bytes.subarray(at, at + hashedPerStepBytes))
      yield
    }
    const digest = hash.digest()
    this.#require(name.endsWith(`-${digest}`), 0, () => `its SHA-256 is ${digest}`)
  }

  /** The block of an index entry, from where the one before ends to where the next one begins. */
  #blockAt(entry: number, blockStart: number, blockEnd: number): Block {
    const view = this.#view
    const recordCount = view.getUint32(entry + 4, true)
    const firstKeyGroup = view.getUint16(entry + 8, true)
    const lastKeyGroup = view.getUint16(entry + 10, true)
    const start = blockStart + blockHeaderBytes
    const end = blockEnd - checksumBytes
    const isPlaced =
      view.getUint32(entry, true) === blockStart && start <= end && end <= this.#bytes.length
    this.#require(isPlaced, entry, () => `its index names no block at ${blockStart}`)
    const isOfIndex =
      view.getUint32(blockStart, true) === end - start &&
      view.getUint32(blockStart + 4, true) === recordCount
    this.#require(isOfIndex, blockStart, () => 'a block is not what the index says')
    this.#require(
      firstKeyGroup <= lastKeyGroup && lastKeyGroup < keyGroupCount,
      entry,
      () => `a block has the key groups ${firstKeyGroup} to ${lastKeyGroup}`,
    )
    return { start, end, recordCount, firstKeyGroup, lastKeyGroup }
  }

  #json(end: number): SegmentHeader {
    const text = Buffer.from(this.#bytes.subarray(segmentPrefixBytes, end)).toString()
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch (cause) {
      throw this.#corrupt(segmentPrefixBytes, 'its header is no JSON', cause)
    }
    this.#require(isHeader(parsed), segmentPrefixBytes, () => 'its header lacks fields')
    return parsed as SegmentHeader
  }

  #magic(expected: string, offset: number): void {
    const found = Buffer.from(this.#bytes.subarray(offset, offset + expected.length))
    const isIt = found.toString('latin1') === expected
    this.#require(isIt, offset, () => `${JSON.stringify(expected)} is not there`)
  }

  /** The CRC-32 of the bytes from `start` on is what is written at `end`. */
  #sum(start: number, end: number): void {
    const written = this.#view.getUint32(end, true)
    const computed = crc32(this.#bytes.subarray(start, end))
    this.#require(
      written === computed,
      start,
      () => `CRC-32 of ${end - start} bytes is ${computed}, not ${written}`,
    )
  }

  #require(condition: boolean, offset: number, what: () => string): void {
    if (!condition) throw this.#corrupt(offset, what())
  }

  #corrupt(offset: number, what: string, cause?: unknown): MillraceError {
    return corruptSegment(`${this.#location}/${this.#handle.name}`, offset, what, cause)
  }
}

/** The error for a file of a checkpoint that is not what was written. */
export function corruptSegment(
  file: string,
  offset: number,
  what: string,
  cause?: unknown,
): MillraceError {
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `The segment ${file} is damaged at byte ${offset}: ${what}. Restore an earlier checkpoint, ` +
      'and look at the disk or store that the file is on.',
    { blame: 'external', disposition: 'retry', cause, details: { file, offset } },
  )
}

function isHeader(parsed: unknown): parsed is SegmentHeader {
  if (typeof parsed !== 'object' || parsed === null) return false
  const { checkpointId, replaces, states } = parsed as Partial<SegmentHeader>
  return (
    typeof checkpointId === 'number' &&
    typeof replaces === 'object' &&
    typeof replaces.start === 'number' &&
    typeof replaces.end === 'number' &&
    Array.isArray(states) &&
    states.every((state: Partial<StoredState> | null) => {
      return typeof state?.id === 'number' && typeof state.name === 'string'
    })
  )
}
