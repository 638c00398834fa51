import { createHash, type Hash } from 'node:crypto'
import { crc32 as zlibCrc32 } from 'node:zlib'

/** CRC-32 (that of zip and PNG) of bytes, unsigned; `before` is that of what comes before them. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return zlibCrc32(bytes, before)
}

/** SHA-256 in pieces. */
export class Sha256 {
  readonly #hash: Hash = createHash('sha256')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  /** Lower-case hexadecimal. Nothing is called after it. */
  digest(): string {
    return this.#hash.digest('hex')
  }
}
