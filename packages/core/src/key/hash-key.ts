import { ScratchWriter } from '../row/byte-writer.ts'
import { keyKind, writeKey } from './canonical-key.ts'
import { avalanche, mixWord, murmur3, scramble } from './murmur3.ts'

const numberBits = new Float64Array(1)
const numberWords = new Int32Array(numberBits.buffer)
const numberKindScrambled = scramble(keyKind.number)
const scratch = new ScratchWriter()

/**
 * Hash of a key: murmur3_32 of its canonical bytes, as a signed 32-bit number. Its upper 15 bits
 * are the key group.
 *
 * @throws MillraceError KEY_INVALID where the value can be no key.
 */
export function hashKey(key: unknown): number {
  if (typeof key === 'string') return hashString(key)
  if (typeof key === 'number') return hashNumber(key)
  return hashBytesOf(key)
}

/** `hashKey` of a number. Called per record. */
export function hashNumber(key: number): number {
  // Adding 0 makes 0 of -0. A computed NaN may have any of many bit patterns.
  numberBits[0] = Number.isNaN(key) ? Number.NaN : key + 0
  const hash = mixWord(mixWord(0, numberWords[0] as number), numberWords[1] as number)
  return avalanche(hash ^ numberKindScrambled, 9)
}

/** `hashKey` of a string. Called per record: no bytes are made of an ASCII text. */
export function hashString(key: string): number {
  const length = key.length
  const whole = length & ~3
  let hash = 0
  let seen = 0
  let i = 0
  for (; i < whole; i += 4) {
    const a = key.charCodeAt(i)
    const b = key.charCodeAt(i + 1)
    const c = key.charCodeAt(i + 2)
    const d = key.charCodeAt(i + 3)
    seen |= a | b | c | d
    hash = mixWord(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let tail = 0
  let shift = 0
  for (; i < length; i++, shift += 8) {
    const code = key.charCodeAt(i)
    seen |= code
    tail |= code << shift
  }
  if (seen > 0x7f) return hashBytesOf(key)
  tail |= keyKind.string << shift
  // With three characters before it the kind's byte completes a word.
  hash = shift === 24 ? mixWord(hash, tail) : hash ^ scramble(tail)
  return avalanche(hash, length + 1)
}

function hashBytesOf(key: unknown): number {
  const writer = scratch.take()
  writeKey(key, writer)
  const hash = murmur3(writer.bytes, 0, writer.position)
  scratch.give(writer)
  return hash
}
