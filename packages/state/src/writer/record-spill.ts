import { ByteWriter, type KeyGroupRange, keyGroupCount } from '@millrace/core'
import { KeyGroupContent } from '../inspect/key-group-content.ts'
import type { StateSpill } from '../leveldb/state-database.ts'
import type { SegmentOp, StoredState } from '../snapshot/segment-format.ts'
import { SegmentRecord } from '../snapshot/segment-record.ts'
import { SegmentWindow } from '../snapshot/segment-window.ts'
import type { RecordSink } from './record-sink.ts'

/** Of this many key groups the records come into memory together. */
const keyGroupsPerBucket = 32
const bucketCount = keyGroupCount / keyGroupsPerBucket
const firstBucketBytes = 1024

/** Records of one state or several that come in any order, and are read by key groups. */
export class RecordSpill implements RecordSink {
  readonly #makeSpill: (name: string) => StateSpill
  readonly #memoryMaxBytes: number
  readonly #buckets = new Array<Bucket | undefined>(bucketCount).fill(undefined)
  #current: Bucket | undefined
  #memoryBytes = 0

  /** More than `memoryMaxBytes` go to scratch files. */
  constructor(makeSpill: (name: string) => StateSpill, memoryMaxBytes: number) {
    this.#makeSpill = makeSpill
    this.#memoryMaxBytes = memoryMaxBytes
  }

  /** Of a record that is not ended because something threw nothing remains. */
  begin(op: SegmentOp, flags: number, keyGroup: number, stateId: number): ByteWriter {
    const index = Math.floor(keyGroup / keyGroupsPerBucket)
    const bucket = this.#buckets[index] ?? {
      writer: new ByteWriter(firstBucketBytes),
      sizeBytes: 0,
    }
    this.#buckets[index] = bucket
    this.#current = bucket
    const { writer } = bucket
    writer.position = bucket.sizeBytes
    writer.reserve(5)
    writer.bytes[writer.position] = op | flags
    writer.view.setUint16(writer.position + 1, keyGroup, true)
    writer.view.setUint16(writer.position + 3, stateId, true)
    writer.position += 5
    return writer
  }

  end(): void {
    const bucket = this.#current as Bucket
    const { position } = bucket.writer
    this.#memoryBytes += position - bucket.sizeBytes
    bucket.sizeBytes = position
    if (this.#memoryBytes > this.#memoryMaxBytes) this.#spill()
  }

  /** What there is of these key groups, ascending; records of one key in the order they came in. */
  async *read(
    { start, end }: KeyGroupRange,
    states: ReadonlyMap<number, StoredState>,
  ): AsyncGenerator<KeyGroupContent, void, undefined> {
    const first = Math.floor(start / keyGroupsPerBucket)
    for (let index = first; index * keyGroupsPerBucket < end; index++) {
      const bucket = this.#buckets[index]
      if (bucket === undefined) continue
      const groups = contentsOf(await bytesOf(bucket), states)
      for (const content of groups) {
        if (content.keyGroup >= start && content.keyGroup < end) yield content
      }
    }
  }

  /** Gives room on disk back. Nothing is called afterwards. */
  drop(): void {
    for (const bucket of this.#buckets) bucket?.spill?.drop()
  }

  #spill(): void {
    for (const [index, bucket] of this.#buckets.entries()) {
      if (bucket === undefined || bucket.sizeBytes === 0) continue
      bucket.spill ??= this.#makeSpill(`records-${index}`)
      bucket.spill.append(bucket.writer.bytes.subarray(0, bucket.sizeBytes))
      // A large one is not kept: the next is likely to be another bucket's.
      if (bucket.writer.bytes.length > 64 * firstBucketBytes) {
        bucket.writer = new ByteWriter(firstBucketBytes)
      }
      bucket.sizeBytes = 0
    }
    this.#memoryBytes = 0
  }
}

interface Bucket {
  writer: ByteWriter
  /** Of its records that are not spilled. */
  sizeBytes: number
  spill?: StateSpill
}

async function bytesOf({ writer, sizeBytes, spill }: Bucket): Promise<Uint8Array> {
  const kept = writer.bytes.subarray(0, sizeBytes)
  return spill === undefined ? kept : Buffer.concat([await spill.read(), kept])
}

function contentsOf(
  bytes: Uint8Array,
  states: ReadonlyMap<number, StoredState>,
): readonly KeyGroupContent[] {
  const contents = new Map<number, KeyGroupContent>()
  const window = new SegmentWindow('what was added', bytes)
  const record = new SegmentRecord(bytes)
  for (let at = 0; at < bytes.length; ) {
    const next = record.moveTo(at, bytes.length)
    window.require(next > 0, at, () => 'a record does not end')
    at = next
    const { keyGroup } = record
    const content = contents.get(keyGroup) ?? new KeyGroupContent(keyGroup)
    contents.set(keyGroup, content)
    const stored = states.get(record.stateId)
    if (stored !== undefined) content.apply(stored, record, window)
  }
  return [...contents.values()].sort((one, other) => one.keyGroup - other.keyGroup)
}
