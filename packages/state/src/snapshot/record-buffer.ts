import {
  assert,
  type ByteReader,
  ByteWriter,
  keyGroupCount,
  keyOfIdentity,
  writeKey,
} from '@millrace/core'
import { longPart, type SegmentOp, segmentOp } from './segment-format.ts'

const chunkSizeBytes = 256 * 1024
/** Records go in order of key group; in one, what takes away comes before what puts. */
export const sortKeyCount: number = 2 * keyGroupCount

/**
 * Encoded records in the order they came in, which is any. In chunks, so that it never copies what
 * it has to grow.
 */
export class RecordBuffer {
  readonly chunks: RecordChunk[] = []
  /** Records by sort key; undefined: there are none. */
  counts: Uint32Array | undefined
  recordCount = 0
  sizeBytes = 0
  #chunk: RecordChunk | undefined
  #start = 0

  /**
   * Begins a record; the caller appends its parts and calls `end`. Of a record that is not ended
   * because something threw nothing remains.
   */
  begin(op: SegmentOp, flags: number, keyGroup: number, stateId: number): ByteWriter {
    let chunk = this.#chunk
    if (chunk === undefined || chunk.isFull) {
      chunk = new RecordChunk()
      this.chunks.push(chunk)
      this.#chunk = chunk
    }
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
    const { writer } = chunk
    const start = this.#start
    const op = (writer.bytes[start] as number) & 0x07
    const takes = op === segmentOp.delete || op === segmentOp.clear
    const sortKey = 2 * writer.view.getUint16(start + 1, true) + (takes ? 0 : 1)
    this.counts ??= new Uint32Array(sortKeyCount)
    this.counts[sortKey] = (this.counts[sortKey] as number) + 1
    this.sizeBytes += writer.position - start
    this.recordCount++
    chunk.add(sortKey, start)
  }
}

export class RecordChunk {
  readonly writer: ByteWriter = new ByteWriter(chunkSizeBytes)
  readonly sortKeys: number[] = []
  /** Where each record begins; it ends where the next one begins. */
  readonly starts: number[] = []
  /** Of the records that were ended. */
  sizeBytes = 0

  get isFull(): boolean {
    // Room for one more of common size, so that few chunks are copied to grow.
    return this.sizeBytes > chunkSizeBytes - 1024
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
