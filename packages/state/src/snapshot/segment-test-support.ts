import type { KeyGroupRange, SegmentHandle } from '@millrace/core'
import { hashKey, keyGroupCount, keyGroupOf, keyIdentity, writeGeneric } from '@millrace/core'
import {
  closePart,
  openPart,
  RecordBuffer,
  writeIdentityPart,
  writeTouch,
} from './record-buffer.ts'
import { recordFlag, type SegmentHeader, type SegmentOp, segmentOp } from './segment-format.ts'
import { SegmentReader } from './segment-reader.ts'
import { type WrittenSegment, writeSegments } from './segment-writer.ts'
import type { Sliced } from './slice.ts'

/** A record as a test writes and reads it. */
export interface TestRecord {
  readonly op: keyof typeof segmentOp
  readonly stateId: number
  readonly key: unknown
  readonly namespace?: unknown
  readonly mapKey?: unknown
  readonly value?: unknown
  readonly touchedAtMs?: number
}

const everyKeyGroup: KeyGroupRange = { start: 0, end: keyGroupCount }

export function runAll<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** With key groups it puts records apart by them. */
export function bufferOf(records: readonly TestRecord[], keyGroups?: KeyGroupRange): RecordBuffer {
  const buffer = new RecordBuffer(keyGroups)
  for (const record of records) append(record, buffer)
  return buffer
}

function append(record: TestRecord, buffer: RecordBuffer): void {
  const { key, namespace, mapKey, value, touchedAtMs } = record
  const flags =
    (namespace === undefined ? 0 : recordFlag.namespace) |
    (mapKey === undefined ? 0 : recordFlag.mapKey) |
    (value === undefined ? 0 : recordFlag.value) |
    (touchedAtMs === undefined ? 0 : recordFlag.touch)
  const op: SegmentOp = segmentOp[record.op]
  const writer = buffer.begin(op, flags, keyGroupOf(hashKey(key)), record.stateId)
  writeIdentityPart(keyIdentity(key), writer)
  if (namespace !== undefined) writeIdentityPart(keyIdentity(namespace), writer)
  if (mapKey !== undefined) writeIdentityPart(keyIdentity(mapKey), writer)
  if (value !== undefined) {
    const start = openPart(writer)
    writeGeneric(value, writer)
    closePart(writer, start)
  }
  if (touchedAtMs !== undefined) writeTouch(touchedAtMs, writer)
  buffer.end()
}

export function segmentsOf(
  header: SegmentHeader,
  records: readonly TestRecord[],
  sizeMaxBytes: number = 1 << 26,
): readonly WrittenSegment[] {
  return runAll(
    writeSegments(header, bufferOf(records), { keyGroups: everyKeyGroup, sizeMaxBytes }),
  )
}

export function handleOf(segment: WrittenSegment, checkpointId: number): SegmentHandle {
  const { bytes, hash, replaces, recordCount } = segment
  const name = `attempt/${checkpointId}-${hash}`
  return { name, sizeBytes: bytes.length, checkpointId, replaces, recordCount }
}

export function verified(bytes: Uint8Array, handle: SegmentHandle): SegmentReader {
  return runAll(SegmentReader.verify(bytes, handle, 'memory'))
}
