/** Buffers that chunks are read into, used again and again by one reader. */
export class ChunkBuffers {
  readonly #sizeBytes: number
  readonly #freeCountMax: number
  readonly #free: Buffer[] = []

  constructor(sizeBytes: number, freeCountMax: number) {
    this.#sizeBytes = sizeBytes
    this.#freeCountMax = freeCountMax
  }

  /**
   * A buffer of the usual size, or a larger one made for the occasion. Its content is arbitrary.
   */
  acquire(sizeBytesMin: number): Buffer {
    if (sizeBytesMin > this.#sizeBytes) return Buffer.allocUnsafeSlow(sizeBytesMin)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#sizeBytes)
  }

  release(buffer: Buffer): void {
    const isUsual = buffer.length === this.#sizeBytes
    if (isUsual && this.#free.length < this.#freeCountMax) this.#free.push(buffer)
  }
}
