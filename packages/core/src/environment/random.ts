/** Randomness as code sees it: the real one is cryptographic, the simulated one seeded. */
export interface Random {
  /** A whole number, 0 ≤ n < 2^32. */
  uint32(): number
}

/** Whole number, 0 ≤ n < bound ≤ 2^32. */
export function randomBelow(random: Random, bound: number): number {
  return Math.floor((random.uint32() / 4294967296) * bound)
}

/** Fraction, 0 ≤ x < 1. */
export function randomFraction(random: Random): number {
  return random.uint32() / 4294967296
}

/** splitmix32: a small seeded generator, the same sequence on every machine. */
export class SeededRandom implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    return (x ^ (x >>> 15)) >>> 0
  }
}
