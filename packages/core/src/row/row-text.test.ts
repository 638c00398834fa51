import assert from 'node:assert/strict'
import test from 'node:test'
import { writeText } from './row-text.ts'

const lengths = Array.from({ length: 40 }, (_, length) => length).concat(251, 252, 300)

/** The layout at the head of row-text.ts, once more. */
function layoutOf(text: string): Buffer {
  const marked = (mark: number, count: number, characters: Buffer): Buffer => {
    const prefix = Buffer.from([mark, 0, 0, 0, 0])
    prefix.writeUInt32LE(count, 1)
    return Buffer.concat([prefix, characters])
  }
  if (!text.isWellFormed()) return marked(254, text.length, Buffer.from(text, 'utf16le'))
  const utf8 = Buffer.from(text)
  if (/[^\0-\xff]/.test(text)) return marked(253, utf8.length, utf8)
  const latin1 = Buffer.from(text, 'latin1')
  if (text.length > 251) return marked(252, text.length, latin1)
  return Buffer.concat([Buffer.from([text.length]), latin1])
}

function assertWritten(text: string): void {
  const layout = layoutOf(text)
  const start = 3
  const end = start + layout.length
  const bytes = new Uint8Array(end + 8).fill(0xee)
  const view = new DataView(bytes.buffer)
  const what = JSON.stringify(text)
  assert.equal(writeText(bytes, view, start, end - 1, text), -1, `${what}, no room`)
  assert.ok(
    bytes.subarray(end - 1).every((byte) => byte === 0xee),
    `${what}, no room`,
  )
  assert.equal(writeText(bytes, view, start, end, text), end, what)
  assert.deepEqual(Buffer.from(bytes.subarray(start, end)), layout, what)
  assert.ok(
    bytes.subarray(end).every((byte) => byte === 0xee),
    what,
  )
}

test('a text of any length has its layout, and nothing is written past the limit', () => {
  for (const length of lengths) {
    const text = Buffer.alloc(length, 'aé\xff\0\x80z~').toString('latin1')
    assertWritten(text)
    assertWritten(`---${text}---`.slice(3, 3 + length))
  }
})

test('one wide character or lone surrogate anywhere changes the layout', () => {
  for (const length of lengths) {
    const text = Buffer.alloc(length, 'mill ÿ race').toString('latin1')
    for (let at = 0; at < length; at++) {
      for (const odd of ['\u0100', '\u2603', '\ud800']) {
        assertWritten(text.slice(0, at) + odd + text.slice(at + 1))
      }
    }
  }
})
