import type { ByteReader } from '../byte-writer.ts'
import { readLatin1 } from '../text-bytes.ts'

const slotCount = 256

/**
 * Names of fields read lately. A name comes a million times in the same bytes: finding it by them
 * spares making the string and looking it up among all property names.
 */
export class FieldNames {
  readonly #names: string[] = new Array<string>(slotCount).fill('')

  /**
   * Reads a name written as a short latin-1 string (tag 0x80 | length) and moves the position on;
   * leaves it and returns undefined if the name is written otherwise.
   */
  read(reader: ByteReader): string | undefined {
    const { bytes, position } = reader
    const kind = bytes[position] ?? 0
    if (kind < 0x80 || kind >= 0xc0) return undefined
    const start = position + 1
    const length = kind & 0x3f
    const end = start + length
    if (end > bytes.length) return undefined
    reader.position = end
    const middle = bytes[start + (length >> 1)] ?? 0
    const slot = ((bytes[start] ?? 0) * 31 + middle * 7 + (bytes[end - 1] ?? 0) + length) & 0xff
    const known = this.#names[slot] ?? ''
    if (known.length === length && isWrittenAt(known, bytes, start)) return known
    const name = readLatin1(bytes, start, end)
    this.#names[slot] = name
    return name
  }
}

function isWrittenAt(name: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
