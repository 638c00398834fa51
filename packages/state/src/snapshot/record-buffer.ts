import {
  assert,
  type ByteReader,
  ByteWriter,
  type KeyGroupRange,
  keyGroupCount,
  keyOfIdentity,
  writeKey,
} from '@millrace/core'
import { releaseBuffer } from './release-buffer.ts'
import { longPart, type SegmentOp, segmentOp } from './segment-format.ts'

const chunkSizeBytes = 256 * 1024
const bucketCountBits = 6
const bucketChunkSizeBytes = 16 * 1024
const firstBucketChunkSizeBytes = 1024

/**
 * Encoded records. In chunks, so that it hardly copies what it has to grow.
 *
 * Without key groups the chunks have the records in the order they came in. With them, records are
 * put apart by key group, roughly, as they come: when they are sorted and laid out, one bucket at a
 * time fits into the processor's cache. Only those of one key group are in the order they came in.
 */
export class RecordBuffer {
  readonly chunks: RecordChunk[] = []
  /** By ascending key groups; undefined: it has no records. */
  readonly buckets: (RecordBucket | undefined)[]
  recordCount = 0
  sizeBytes = 0
  readonly #firstKeyGroup: number
  readonly #chunkSizeBytes: number
  readonly #firstChunkSizeBytes: number
  /** Of a key group's number in the range to that of its bucket. */
  readonly #shift: number
  #chunk: RecordChunk | undefined
  #start = 0
  #sortKey = 0

  /** All records are of these key groups. */
  constructor(keyGroups?: KeyGroupRange) {
    const isApart = keyGroups !== undefined
    const { start, end } = keyGroups ?? { start: 0, end: keyGroupCount }
    const widthBits = 32 - Math.clz32(end - start - 1)
    this.#firstKeyGroup = start
    this.#shift = Math.max(0, widthBits - (isApart ? bucketCountBits : 0))
    this.#chunkSizeBytes = isApart ? bucketChunkSizeBytes : chunkSizeBytes
    this.#firstChunkSizeBytes = isApart ? firstBucketChunkSizeBytes : chunkSizeBytes
    const bucketCount = ((end - start - 1) >> this.#shift) + 1
    this.buckets = new Array<undefined>(bucketCount).fill(undefined)
  }

  /**
   * Begins a record; the caller appends its parts and calls `end`. Of a record that is not ended
   * because something threw nothing remains.
   */
  begin(op: SegmentOp, flags: number, keyGroup: number, stateId: number): ByteWriter {
    const bucket =
      this.buckets[(keyGroup - this.#firstKeyGroup) >> this.#shift] ?? this.#addBucket(keyGroup)
    let chunk = bucket.last
    // Room for one more of common size, so that few chunks are copied to grow.
    if (chunk.sizeBytes > this.#chunkSizeBytes - 1024) {
      chunk = new RecordChunk(this.#chunkSizeBytes)
      this.#addChunk(bucket, chunk)
    }
    this.#chunk = chunk
    const takes = op === segmentOp.delete || op === segmentOp.clear
    this.#sortKey = 2 * keyGroup + (takes ? 0 : 1)
    const writer = chunk.writer
    writer.position = chunk.sizeBytes
    this.#start = writer.position
    writer.reserve(5)
    writer.bytes[writer.position] = op | flags
    writer.view.setUint16(writer.position + 1, keyGroup, true)
    writer.view.setUint16(writer.position + 3, stateId, true)
    writer.position += 5
    return writer
  }

  end(): void {
    const chunk = this.#chunk
    assert(chunk !== undefined, 'A record ends that was not begun')
    this.sizeBytes += chunk.writer.position - this.#start
    this.recordCount++
    chunk.add(this.#sortKey, this.#start)
  }

  /** Gives its memory back. Nothing is asked of it or of its chunks afterwards. */
  release(): void {
    for (const { writer } of this.chunks.splice(0)) releaseBuffer(writer.bytes.buffer)
  }

  #addBucket(keyGroup: number): RecordBucket {
    const index = (keyGroup - this.#firstKeyGroup) >> this.#shift
    assert(index >= 0 && index < this.buckets.length, 'A record is of another key group')
    const bucket = new RecordBucket(2 * (this.#firstKeyGroup + (index << this.#shift)), {
      sortKeyCount: 2 << this.#shift,
      first: new RecordChunk(this.#firstChunkSizeBytes),
    })
    bucket.chunkIndexes.push(this.chunks.length)
    this.chunks.push(bucket.last)
    this.buckets[index] = bucket
    return bucket
  }

  #addChunk(bucket: RecordBucket, chunk: RecordChunk): void {
    bucket.last = chunk
    bucket.chunkIndexes.push(this.chunks.length)
    this.chunks.push(chunk)
  }
}

/** Records of neighbouring key groups. */
export class RecordBucket {
  /**
   * Records go in order of their sort keys: of key groups, and in one, what takes away before what
   * puts.
   */
  readonly firstSortKey: number
  readonly sortKeyCount: number
  /** Its chunks among all of the buffer. */
  readonly chunkIndexes: number[] = []
  /** The one that is written. */
  last: RecordChunk

  constructor(
    firstSortKey: number,
    { sortKeyCount, first }: { readonly sortKeyCount: number; readonly first: RecordChunk },
  ) {
    this.firstSortKey = firstSortKey
    this.sortKeyCount = sortKeyCount
    this.last = first
  }
}

export class RecordChunk {
  readonly writer: ByteWriter
  readonly sortKeys: number[] = []
  /** Where each record begins; it ends where the next one begins. */
  readonly starts: number[] = []
  /** Of the records that were ended. */
  sizeBytes = 0

  constructor(sizeBytes: number) {
    this.writer = new ByteWriter(sizeBytes)
  }

  add(sortKey: number, start: number): void {
    this.sortKeys.push(sortKey)
    this.starts.push(start)
    this.sizeBytes = this.writer.position
  }

  endOf(record: number): number {
    return this.starts[record + 1] ?? this.sizeBytes
  }

  /** Of the record that begins there. */
  keyGroupAt(start: number): number {
    return this.writer.view.getUint16(start + 1, true)
  }
}

/** Leaves room for the length of a part; returns where the part begins, for `closePart`. */
export function openPart(writer: ByteWriter): number {
  writer.reserve(1)
  return ++writer.position
}

/** Writes the length of the part that begins at `start` and has just been written. */
export function closePart(writer: ByteWriter, start: number): void {
  const length = writer.position - start
  if (length < longPart) {
    writer.bytes[start - 1] = length
    return
  }
  writer.reserve(4)
  writer.bytes.copyWithin(start + 4, start, start + length)
  writer.bytes[start - 1] = longPart
  writer.view.setUint32(start, length, true)
  writer.position += 4
}

/** The key, namespace or key of a map that an identity stands for, as a part. */
export function writeIdentityPart(identity: unknown, writer: ByteWriter): void {
  const start = openPart(writer)
  writeKey(keyOfIdentity(identity), writer)
  closePart(writer, start)
}

export function writeTouch(atMs: number, writer: ByteWriter): void {
  writer.reserve(8)
  writer.view.setFloat64(writer.position, atMs, true)
  writer.position += 8
}

export function readTouch(reader: ByteReader): number {
  const { position } = reader
  reader.position = position + 8
  return reader.view.getFloat64(position, true)
}
