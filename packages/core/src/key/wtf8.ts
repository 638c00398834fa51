// UTF-8 that also carries lone surrogates, as the three bytes their number would have. For texts
// without any it is UTF-8; two different texts never have the same bytes.

/** Bytes that a text needs at most, per UTF-16 code unit. */
export const wtf8BytesPerUnit = 3

/** Writes `text` at `position`; the caller made room. Returns the position after it. */
export function writeWtf8(bytes: Uint8Array, position: number, text: string): number {
  let at = position
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code < 0x80) {
      bytes[at++] = code
      continue
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6)
      bytes[at++] = 0x80 | (code & 0x3f)
      continue
    }
    const low = code >= 0xd800 && code < 0xdc00 ? text.charCodeAt(i + 1) : 0
    if (low >= 0xdc00 && low < 0xe000) {
      i++
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      bytes[at++] = 0xf0 | (code >> 18)
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
    } else {
      bytes[at++] = 0xe0 | (code >> 12)
    }
    bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
    bytes[at++] = 0x80 | (code & 0x3f)
  }
  return at
}

/** Reads what `writeWtf8` wrote into `bytes[start, end)`. */
export function readWtf8(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  return text.includes('\ufffd') ? readSurrogates(bytes, start, end) : text
}

function readSurrogates(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  let at = start
  const next = (): number => (bytes[at++] ?? 0) & 0x3f
  while (at < end) {
    const lead = bytes[at++] ?? 0
    if (lead < 0x80) text += String.fromCharCode(lead)
    else if (lead < 0xe0) text += String.fromCharCode(((lead & 0x1f) << 6) | next())
    else if (lead < 0xf0) text += String.fromCharCode(((lead & 0xf) << 12) | (next() << 6) | next())
    else {
      const upper = ((lead & 7) << 18) | (next() << 12)
      text += String.fromCodePoint(upper | (next() << 6) | next())
    }
  }
  return text
}
