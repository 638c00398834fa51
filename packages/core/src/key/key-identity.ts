// What stands for a key where JavaScript compares with === or looks up in a Map. Numbers, strings,
// booleans and bigints stand for themselves, with three exceptions, all of them strings that begin
// with the character U+0000:
//   U+0000 n    NaN
//   U+0000 s …  a string that itself begins with U+0000
//   U+0000 k …  any other key: its canonical bytes, a character each
// A string key that does not begin with U+0000 cannot equal any of these; one that does is never
// its own identity.

import { ScratchWriter } from '../row/byte-writer.ts'
import { readLatin1 } from '../row/text-bytes.ts'
import { decodeKey, writeKey } from './canonical-key.ts'

const scratch = new ScratchWriter()

/**
 * A value that equals another key's identity, under === and as a key of a Map, if and only if the
 * two keys have the same canonical bytes.
 *
 * @throws MillraceError KEY_INVALID where the value can be no key.
 */
export function keyIdentity(key: unknown): number | string | bigint | boolean {
  switch (typeof key) {
    case 'number':
      return Number.isNaN(key) ? '\0n' : key + 0
    case 'string':
      return key.charCodeAt(0) === 0 ? `\0s${key}` : key
    case 'boolean':
    case 'bigint':
      return key
    default:
      return bytesIdentity(key)
  }
}

function bytesIdentity(key: unknown): string {
  const writer = scratch.take()
  writeKey(key, writer)
  const identity = `\0k${readLatin1(writer.bytes, 0, writer.position)}`
  scratch.give(writer)
  return identity
}

/** The key that an identity stands for, as `decodeKey` gives it. */
export function keyOfIdentity(identity: unknown): unknown {
  if (typeof identity !== 'string' || identity.charCodeAt(0) !== 0) return identity
  switch (identity[1]) {
    case 'n':
      return Number.NaN
    case 's':
      return identity.slice(2)
    default:
      return decodeKey(latin1Bytes(identity, 2))
  }
}

function latin1Bytes(text: string, start: number): Uint8Array {
  const bytes = new Uint8Array(text.length - start)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(start + i)
  return bytes
}
