/** Mixes one 32-bit word into the hash: the body step of murmur3_32. */
export function mixWord(hash: number, word: number): number {
  const mixed = hash ^ scramble(word)
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0
}

/** What a word, or the tail of up to three bytes, is XORed into the hash as. */
export function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51)
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593)
}

/** The last step: the length goes in, and every bit reaches every other. */
export function avalanche(hash: number, length: number): number {
  let mixed = hash ^ length
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** murmur3_32 with seed 0 of `bytes[start, end)`, as a signed 32-bit number. */
export function murmur3(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = 0
  let position = start
  // `?? 0` is never taken: the bounds hold by the loop's condition.
  const byteAt = (index: number): number => bytes[index] ?? 0
  for (; position + 4 <= end; position += 4) {
    const low = byteAt(position) | (byteAt(position + 1) << 8)
    const high = (byteAt(position + 2) << 16) | (byteAt(position + 3) << 24)
    hash = mixWord(hash, low | high)
  }
  let tail = 0
  for (let shift = 0; position < end; position++, shift += 8) tail |= byteAt(position) << shift
  // A tail of no bytes scrambles to 0.
  return avalanche(hash ^ scramble(tail), end - start)
}
