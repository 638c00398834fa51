// What may expire begins in the database with the time at which it was touched last (of a list,
// that of the element touched longest ago): a byte that is 1, and a float64; or a byte that is 0,
// where the state has no time to live.

import type { ByteReader, ByteWriter } from '@millrace/core'

export function writeTouched(touchedAtMs: number, writer: ByteWriter): void {
  const isKnown = touchedAtMs !== 0
  writer.reserve(9)
  writer.bytes[writer.position++] = isKnown ? 1 : 0
  if (!isKnown) return
  writer.view.setFloat64(writer.position, touchedAtMs)
  writer.position += 8
}

export function readTouched(reader: ByteReader): number {
  if (reader.bytes[reader.position++] === 0) return 0
  const touchedAtMs = reader.view.getFloat64(reader.position)
  reader.position += 8
  return touchedAtMs
}
