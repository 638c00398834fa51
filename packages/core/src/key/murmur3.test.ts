import assert from 'node:assert/strict'
import test from 'node:test'
import { murmur3 } from './murmur3.ts'

// Published values of murmur3_32 with seed 0.
const texts: readonly (readonly [string, number])[] = [
  ['', 0],
  ['a', 0x3c2569b2],
  ['test', 0xba6bd213],
  ['hello', 0x248bfa47],
  ['Hello, world!', 0xc0363e43],
  ['hello, world', 0x149bbb7f],
  ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
]
const hexadecimals: readonly (readonly [string, number])[] = [
  ['ffffffff', 0x76293b50],
  ['21436587', 0xf55b516b],
  ['214365', 0x7e4a8634],
  ['2143', 0xa0f7b07a],
  ['21', 0x72661cf4],
  ['00000000', 0x2362f9de],
  ['000000', 0x85f0b427],
  ['0000', 0x30f4c306],
  ['00', 0x514e28b7],
]

test('the published vectors of murmur3_32 come out', () => {
  for (const [text, hash] of texts) assert.equal(murmur3(Buffer.from(text)) >>> 0, hash, text)
  for (const [hex, hash] of hexadecimals) {
    assert.equal(murmur3(Buffer.from(hex, 'hex')) >>> 0, hash, hex)
  }
})

test('only the bytes from start to end are hashed', () => {
  const bytes = Buffer.from('xxhelloyy')
  assert.equal(murmur3(bytes, 2, 7) >>> 0, 0x248bfa47)
})
