import { assert, ByteWriter, type KeyGroupRange } from '@millrace/core'
import { crc32, Sha256 } from '../io/checksum.ts'
import type { RecordBuffer, RecordChunk } from './record-buffer.ts'
import {
  blockHeaderBytes,
  blockSizeBytes,
  checksumBytes,
  indexEntryBytes,
  type SegmentHeader,
  segmentEndMagic,
  segmentFooterBytes,
  segmentFormatVersion,
  segmentMagic,
  segmentPrefixBytes,
} from './segment-format.ts'
import type { Sliced } from './slice.ts'

/** A whole segment, and what a handle says of it. */
export interface WrittenSegment {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, hexadecimal. */
  readonly hash: string
  readonly replaces: KeyGroupRange
  readonly recordCount: number
}

export interface SegmentWriterOptions {
  /** Key groups of the records, and of what is replaced. */
  readonly keyGroups: KeyGroupRange
  /** More records go into several segments, but those of one key group into one. */
  readonly sizeMaxBytes: number
}

const recordsPerStep = 512
const hashedPerStepBytes = 128 * 1024

/** Sorts records by key group and lays them out in segments, which replace `replaces` together. */
export function* writeSegments(
  header: SegmentHeader,
  records: RecordBuffer,
  { keyGroups, sizeMaxBytes }: SegmentWriterOptions,
): Sliced<readonly WrittenSegment[]> {
  const order = yield* sortRecords(records)
  const segments: WrittenSegment[] = []
  for (let from = 0, start = keyGroups.start; start < keyGroups.end; ) {
    const cut = yield* cutSegment(records, order, from, sizeMaxBytes)
    const end = cut.to === records.recordCount ? keyGroups.end : cut.nextKeyGroup
    const replaces = {
      start: Math.min(Math.max(header.replaces.start, start), end),
      end: Math.max(Math.min(header.replaces.end, end), start),
    }
    const isEmpty = replaces.start >= replaces.end
    const own = { ...header, replaces: isEmpty ? { start, end: start } : replaces }
    const layout = new SegmentLayout(own, cut.sizeBytes)
    for (let at = from; at < cut.to; at++) {
      layout.add(records, order, at)
      if (at % recordsPerStep === 0) yield
    }
    const bytes = layout.finish()
    const hash = yield* hashOf(bytes)
    segments.push({ bytes, hash, replaces: own.replaces, recordCount: cut.to - from })
    from = cut.to
    start = end
  }
  return segments
}

/**
 * For each record, in order of the sort keys: its chunk, its start there, its length. These three
 * lie side by side. A counting sort of each bucket, so it is stable.
 */
function* sortRecords(records: RecordBuffer): Sliced<Uint32Array> {
  const order = new Uint32Array(3 * records.recordCount)
  let before = 0
  for (const bucket of records.buckets) {
    if (bucket === undefined) continue
    const { firstSortKey, sortKeyCount, chunkIndexes } = bucket
    const next = new Uint32Array(sortKeyCount)
    for (const index of chunkIndexes) {
      const { sortKeys } = records.chunks[index] as RecordChunk
      for (let record = 0; record < sortKeys.length; record++) {
        const key = (sortKeys[record] as number) - firstSortKey
        next[key] = (next[key] as number) + 1
      }
    }
    for (let key = 0; key < sortKeyCount; key++) {
      const count = next[key] as number
      next[key] = before
      before += count
    }
    yield
    for (const index of chunkIndexes) {
      const chunk = records.chunks[index] as RecordChunk
      const { sortKeys, starts } = chunk
      for (let record = 0; record < sortKeys.length; record++) {
        const key = (sortKeys[record] as number) - firstSortKey
        const at = next[key] as number
        const start = starts[record] as number
        order[3 * at] = index
        order[3 * at + 1] = start
        order[3 * at + 2] = chunk.endOf(record) - start
        next[key] = at + 1
      }
      yield
    }
  }
  return order
}

/** How many records go into the next segment. */
function* cutSegment(
  records: RecordBuffer,
  order: Uint32Array,
  from: number,
  sizeMaxBytes: number,
): Sliced<{ readonly to: number; readonly sizeBytes: number; readonly nextKeyGroup: number }> {
  const { recordCount } = records
  if (from === 0 && records.sizeBytes <= sizeMaxBytes) {
    return { to: recordCount, sizeBytes: records.sizeBytes, nextKeyGroup: 0 }
  }
  let sizeBytes = 0
  let previous = -1
  for (let at = from; at < recordCount; at++) {
    const keyGroup = chunkAt(records, order, at).keyGroupAt(order[3 * at + 1] as number)
    const size = order[3 * at + 2] as number
    if (keyGroup !== previous && previous >= 0 && sizeBytes + size > sizeMaxBytes) {
      return { to: at, sizeBytes, nextKeyGroup: keyGroup }
    }
    previous = keyGroup
    sizeBytes += size
    if (at % recordsPerStep === 0) yield
  }
  return { to: recordCount, sizeBytes, nextKeyGroup: 0 }
}

function chunkAt(records: RecordBuffer, order: Uint32Array, at: number): RecordChunk {
  const chunk = records.chunks[order[3 * at] as number]
  assert(chunk !== undefined, 'A record is in no chunk')
  return chunk
}

function* hashOf(bytes: Uint8Array): Sliced<string> {
  const hash = new Sha256()
  for (let at = 0; at < bytes.length; at += hashedPerStepBytes) {
    hash.update(bytes.subarray(at, at + hashedPerStepBytes))
    yield
  }
  return hash.digest()
}

/** The bytes of one segment, as they grow: header, blocks, index, footer. */
class SegmentLayout {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #index = new ByteWriter()
  #position: number
  #blockStart = -1
  #blockRecords = 0
  #firstKeyGroup = 0
  #lastKeyGroup = 0
  #blockCount = 0
  #recordCount = 0

  constructor(header: SegmentHeader, recordBytes: number) {
    const json = Buffer.from(JSON.stringify(header))
    const blockCountMax = Math.ceil(recordBytes / blockSizeBytes) + 1
    const perBlock = blockHeaderBytes + checksumBytes + indexEntryBytes
    const headerEnd = segmentPrefixBytes + json.length
    this.#bytes = new Uint8Array(
      headerEnd + checksumBytes + recordBytes + blockCountMax * perBlock + segmentFooterBytes,
    )
    this.#view = new DataView(this.#bytes.buffer)
    this.#bytes.set(Buffer.from(segmentMagic, 'latin1'))
    this.#view.setUint32(8, segmentFormatVersion, true)
    this.#view.setUint32(12, json.length, true)
    this.#bytes.set(json, segmentPrefixBytes)
    this.#view.setUint32(headerEnd, crc32(this.#bytes.subarray(0, headerEnd)), true)
    this.#position = headerEnd + checksumBytes
  }

  add(records: RecordBuffer, order: Uint32Array, at: number): void {
    const chunk = chunkAt(records, order, at)
    const start = order[3 * at + 1] as number
    const keyGroup = chunk.keyGroupAt(start)
    if (this.#blockStart < 0) {
      this.#blockStart = this.#position
      this.#position += blockHeaderBytes
      this.#firstKeyGroup = keyGroup
    }
    this.#copy(chunk.writer.bytes, start, start + (order[3 * at + 2] as number))
    this.#lastKeyGroup = keyGroup
    this.#blockRecords++
    if (this.#position - this.#blockStart - blockHeaderBytes >= blockSizeBytes) this.#endBlock()
  }

  finish(): Uint8Array {
    if (this.#blockStart >= 0) this.#endBlock()
    const indexStart = this.#position
    this.#bytes.set(this.#index.bytes.subarray(0, this.#index.position), indexStart)
    const footer = indexStart + this.#index.position
    this.#view.setUint32(footer, indexStart, true)
    this.#view.setUint32(footer + 4, this.#blockCount, true)
    this.#view.setUint32(footer + 8, this.#recordCount, true)
    this.#view.setUint32(footer + 12, crc32(this.#bytes.subarray(indexStart, footer + 12)), true)
    this.#bytes.set(Buffer.from(segmentEndMagic, 'latin1'), footer + 16)
    return this.#bytes.subarray(0, footer + segmentFooterBytes)
  }

  /** Most records are too short for a native copy to be worth its call. */
  #copy(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    const { length: room } = this.#bytes
    assert(this.#position + length <= room, 'A segment is larger than its records')
    if (length > 96) {
      this.#bytes.set(from.subarray(start, end), this.#position)
    } else {
      const to = this.#bytes
      const by = this.#position - start
      for (let at = start; at < end; at++) to[at + by] = from[at] as number
    }
    this.#position += length
  }

  #endBlock(): void {
    const start = this.#blockStart
    this.#view.setUint32(start, this.#position - start - blockHeaderBytes, true)
    this.#view.setUint32(start + 4, this.#blockRecords, true)
    const checksum = crc32(this.#bytes.subarray(start, this.#position))
    this.#view.setUint32(this.#position, checksum, true)
    this.#position += checksumBytes
    const index = this.#index
    index.reserve(indexEntryBytes)
    index.view.setUint32(index.position, start, true)
    index.view.setUint32(index.position + 4, this.#blockRecords, true)
    index.view.setUint16(index.position + 8, this.#firstKeyGroup, true)
    index.view.setUint16(index.position + 10, this.#lastKeyGroup, true)
    index.position += indexEntryBytes
    this.#blockCount++
    this.#recordCount += this.#blockRecords
    this.#blockRecords = 0
    this.#blockStart = -1
  }
}
