import type { ByteWriter } from '@millrace/core'
import { closePart, openPart, writeTouch } from '../snapshot/record-buffer.ts'
import { recordFlag, type SegmentOp, segmentOp } from '../snapshot/segment-format.ts'

/** Takes records; see RecordBuffer, which is one. */
export interface RecordSink {
  begin(op: SegmentOp, flags: number, keyGroup: number, stateId: number): ByteWriter
  end(): void
}

/** Of a record all but its value. Keys are in canonical form. */
export interface RecordPlace {
  readonly keyGroup: number
  readonly stateId: number
  readonly key: Uint8Array
  readonly namespace: Uint8Array | undefined
  readonly mapKey: Uint8Array | undefined
  /** Undefined: it lives forever. */
  readonly touchedAtMs: number | undefined
}

/** Appends a record that puts something; of a list it may append to what was put before. */
export function putRecord(
  sink: RecordSink,
  place: RecordPlace,
  writeValue: (writer: ByteWriter) => void,
  op: SegmentOp = segmentOp.put,
): void {
  const { keyGroup, stateId, key, namespace, mapKey, touchedAtMs } = place
  const flags =
    recordFlag.value |
    (namespace === undefined ? 0 : recordFlag.namespace) |
    (mapKey === undefined ? 0 : recordFlag.mapKey) |
    (touchedAtMs === undefined ? 0 : recordFlag.touch)
  const writer = sink.begin(op, flags, keyGroup, stateId)
  writePart(writer, key)
  if (namespace !== undefined) writePart(writer, namespace)
  if (mapKey !== undefined) writePart(writer, mapKey)
  const start = openPart(writer)
  writeValue(writer)
  closePart(writer, start)
  if (touchedAtMs !== undefined) writeTouch(touchedAtMs, writer)
  sink.end()
}

export function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reserve(bytes.length)
  writer.bytes.set(bytes, writer.position)
  writer.position += bytes.length
}

function writePart(writer: ByteWriter, bytes: Uint8Array): void {
  const start = openPart(writer)
  writeBytes(writer, bytes)
  closePart(writer, start)
}
