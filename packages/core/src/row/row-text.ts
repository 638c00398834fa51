// A string in a row: a byte for its length, or a mark and the length, then its characters.
//   0 … 251  so many latin-1 characters
//   252      u32 length, latin-1        253  u32 length in bytes, UTF-8
//   254      u32 code units, UTF-16 (only texts with lone surrogates)
// Latin-1 is what a reader can cut out of one latin-1 string of the whole frame.

import { isLatin1, utf8Length, writeLatin1, writeUtf8, writeUtf16 } from './text-bytes.ts'

export const textMark = { lengthMax: 251, latin1: 252, utf8: 253, utf16: 254 } as const

/** Mark and u32 length. */
const prefixBytes = 5
/** So many characters are best copied one by one. */
const wordLength = 7
/** Above this the native methods are faster; for a text cut out of another, only above 32. */
const loopLength = 24

/**
 * Writes a string at `position`; returns the position after it, or -1 where it would pass `limit`.
 * `view` is one of the same bytes. Called per string of a record.
 */
export function writeText(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  limit: number,
  text: string,
): number {
  const length = text.length
  if (length > loopLength) return writeLongText(bytes, position, limit, text)
  const start = position + 1
  if (start + length > limit) return -1
  let seen = 0
  let i = 0
  if (length > wordLength) {
    // Four characters with one store: stores are a third of what a plain loop takes.
    for (; i + 3 < length; i += 4) {
      const a = text.charCodeAt(i)
      const b = text.charCodeAt(i + 1)
      const c = text.charCodeAt(i + 2)
      const d = text.charCodeAt(i + 3)
      seen |= a | b | c | d
      view.setInt32(start + i, a | (b << 8) | (c << 16) | (d << 24), true)
    }
  }
  for (; i < length; i++) {
    const code = text.charCodeAt(i)
    seen |= code
    bytes[start + i] = code
  }
  if (seen > 0xff) return writeWideText(bytes, position, limit, text)
  bytes[position] = length
  return start + length
}

function writeLongText(bytes: Uint8Array, position: number, limit: number, text: string): number {
  if (!isLatin1(text)) return writeWideText(bytes, position, limit, text)
  const length = text.length
  const isMarked = length > textMark.lengthMax
  const start = position + (isMarked ? prefixBytes : 1)
  if (start + length > limit) return -1
  if (isMarked) writePrefix(bytes, position, textMark.latin1, length)
  else bytes[position] = length
  writeLatin1(bytes, start, text)
  return start + length
}

function writeWideText(bytes: Uint8Array, position: number, limit: number, text: string): number {
  const start = position + prefixBytes
  if (text.isWellFormed()) {
    const length = utf8Length(text)
    if (start + length > limit) return -1
    writePrefix(bytes, position, textMark.utf8, length)
    writeUtf8(bytes, start, text)
    return start + length
  }
  if (start + 2 * text.length > limit) return -1
  writePrefix(bytes, position, textMark.utf16, text.length)
  writeUtf16(bytes, start, text)
  return start + 2 * text.length
}

function writePrefix(bytes: Uint8Array, position: number, mark: number, length: number): void {
  bytes[position] = mark
  bytes[position + 1] = length
  bytes[position + 2] = length >>> 8
  bytes[position + 3] = length >>> 16
  bytes[position + 4] = length >>> 24
}
