import type { ByteWriter } from '../byte-writer.ts'

/** Writes two's complement, little-endian, in as few bytes as also hold the sign; at least one. */
export function writeBigintBytes(value: bigint, writer: ByteWriter): void {
  const words = Math.floor(value.toString(16).length / 16) + 1
  writer.reserve(words * 8)
  const { bytes, view, position } = writer
  let rest = value
  for (let i = 0; i < words; i++, rest >>= 64n) {
    view.setBigUint64(position + i * 8, BigInt.asUintN(64, rest), true)
  }
  const filler = value < 0n ? 0xff : 0
  const byteAt = (index: number): number => bytes[index] ?? 0
  let end = position + words * 8
  // The last byte goes if the one before it tells the sign as well.
  while (end - position > 1 && byteAt(end - 1) === filler && byteAt(end - 2) >> 7 === filler >> 7) {
    end--
  }
  writer.position = end
}

/** The number that `writeBigintBytes` wrote as `bytes[start, end)`. */
export function readBigintBytes(bytes: Uint8Array, start: number, end: number): bigint {
  let value = BigInt.asIntN(8, BigInt(bytes[end - 1] ?? 0))
  for (let i = end - 2; i >= start; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}
