import { createHash } from 'node:crypto'
import type { BundleReference } from '@millrace/core'
import { bundleCorrupt } from './bundle-errors.ts'

/**
 * The content of a bundle as it arrives, verified on its way: it ends with BUNDLE_CORRUPT unless it
 * has the promised size and hash, and nothing is read beyond that size. To be read once.
 */
export class BundleUpload implements AsyncIterable<Uint8Array> {
  readonly #reference: BundleReference
  readonly #chunks: AsyncIterable<Uint8Array>
  #failure: unknown

  constructor(reference: BundleReference, chunks: AsyncIterable<Uint8Array>) {
    this.#reference = reference
    this.#chunks = chunks
  }

  /** What the upload itself ended with, where it failed; the disk may have failed instead. */
  get failure(): unknown {
    return this.#failure
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#verified()
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  async *#verified(): AsyncGenerator<Uint8Array> {
    const expected = this.#reference
    const digest = createHash('sha256')
    let sizeBytes = 0
    for await (const chunk of this.#chunks) {
      sizeBytes += chunk.length
      if (sizeBytes > expected.sizeBytes) {
        throw bundleCorrupt(expected, { hash: 'unknown', sizeBytes }, 'uploaded')
      }
      digest.update(chunk)
      yield chunk
    }
    const hash = digest.digest('hex')
    if (hash !== expected.hash || sizeBytes !== expected.sizeBytes) {
      throw bundleCorrupt(expected, { hash, sizeBytes }, 'uploaded')
    }
  }
}
