// In states with a time to live, what may expire begins with the time at which it was touched last:
// of a list, that of the element touched longest ago.

import type { ByteReader, ByteWriter } from '@millrace/core'

export function writeTouched(touchedAtMs: number, writer: ByteWriter): void {
  writer.reserve(8)
  writer.view.setFloat64(writer.position, touchedAtMs)
  writer.position += 8
}

export function readTouched(reader: ByteReader): number {
  const touchedAtMs = reader.view.getFloat64(reader.position)
  reader.position += 8
  return touchedAtMs
}
