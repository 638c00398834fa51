import { getRandomValues } from 'node:crypto'
import type { Random } from '@millrace/core'

/** Cryptographic randomness, fetched some words at a time. */
export class SystemRandom implements Random {
  readonly #words = new Uint32Array(64)
  #used = 64

  uint32(): number {
    if (this.#used === this.#words.length) {
      getRandomValues(this.#words)
      this.#used = 0
    }
    return this.#words[this.#used++] ?? 0
  }
}
