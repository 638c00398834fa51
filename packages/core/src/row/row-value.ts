// Values of a row that take no fixed number of bytes, but for strings (row-text.ts). Writers
// return the position after the value, or -1 where it would pass `limit`.

import { ScratchWriter } from './byte-writer.ts'
import { readBigintBytes, writeBigintBytes } from './generic/bigint-bytes.ts'
import { writeGeneric } from './generic/write-generic.ts'

const scratch = new ScratchWriter()

/** u32 length, bytes. */
export function writeBytes(
  bytes: Uint8Array,
  position: number,
  limit: number,
  value: Uint8Array,
): number {
  const start = position + 4
  const end = start + value.length
  if (end > limit) return -1
  writeUint32(bytes, position, value.length)
  bytes.set(value, start)
  return end
}

/** u32 length, two's complement. */
export function writeBigint(
  bytes: Uint8Array,
  position: number,
  limit: number,
  value: bigint,
): number {
  const writer = scratch.take()
  writeBigintBytes(value, writer)
  const end = writeBytes(bytes, position, limit, writer.bytes.subarray(0, writer.position))
  scratch.give(writer)
  return end
}

/** The generic encoding, which knows its end. `path` is where the value stands in its record. */
export function writeAny(
  bytes: Uint8Array,
  position: number,
  limit: number,
  value: unknown,
  path: string,
): number {
  const writer = scratch.take()
  writeGeneric(value, writer, path)
  const end = position + writer.position
  if (end <= limit) bytes.set(writer.bytes.subarray(0, writer.position), position)
  scratch.give(writer)
  return end <= limit ? end : -1
}

export function readBigint(bytes: Uint8Array, start: number, end: number): bigint {
  return readBigintBytes(bytes, start, end)
}

/** Bytes of their own: the frame is used again. */
export function readBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}

function writeUint32(bytes: Uint8Array, position: number, value: number): void {
  bytes[position] = value
  bytes[position + 1] = value >>> 8
  bytes[position + 2] = value >>> 16
  bytes[position + 3] = value >>> 24
}
