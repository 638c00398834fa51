// Text between strings and bytes. Buffer's native methods cost 20-150 ns a call however short the
// text, so for few characters a loop is the faster way.

/** Buffer's methods for one encoding each, which its public type leaves out. */
interface NativeText {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  ucs2Slice(start: number, end: number): string
  latin1Write(text: string, offset: number, length: number): number
  utf8Write(text: string, offset: number, length: number): number
  ucs2Write(text: string, offset: number, length: number): number
}

const native = Buffer.prototype as unknown as NativeText

export function readLatin1(bytes: Uint8Array, start: number, end: number): string {
  return native.latin1Slice.call(bytes, start, end)
}

export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return native.utf8Slice.call(bytes, start, end)
}

export function readUtf16(bytes: Uint8Array, start: number, end: number): string {
  return native.ucs2Slice.call(bytes, start, end)
}

/** Needs `text.length` bytes of room, and a text without characters above 255. */
export function writeLatin1(bytes: Uint8Array, position: number, text: string): number {
  return native.latin1Write.call(bytes, text, position, text.length)
}

/** Needs `utf8Length(text)` bytes of room; returns the bytes written. */
export function writeUtf8(bytes: Uint8Array, position: number, text: string): number {
  return native.utf8Write.call(bytes, text, position, bytes.length - position)
}

/** Needs `2 * text.length` bytes of room; returns the bytes written. */
export function writeUtf16(bytes: Uint8Array, position: number, text: string): number {
  return native.ucs2Write.call(bytes, text, position, 2 * text.length)
}

/** Bytes of a text in UTF-8. A lone surrogate counts 3. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text)
}

/** Whether every character is one byte in latin-1. */
export function isLatin1(text: string): boolean {
  return !wide.test(text)
}

// Strings that V8 holds in one byte a character fail this at once, however long.
const wide = /[\u0100-\uffff]/
