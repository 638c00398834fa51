import { createHash } from 'node:crypto'
import { BundleHash } from '@millrace/core'

/** Content of a bundle and the reference it is uploaded with. */
export function sketchBundle(text: string): {
  readonly reference: { readonly hash: BundleHash; readonly sizeBytes: number }
  readonly chunks: () => AsyncIterable<Uint8Array>
} {
  const content = new TextEncoder().encode(text)
  const hash = BundleHash.parse(createHash('sha256').update(content).digest('hex'))
  return {
    reference: { hash, sizeBytes: content.length },
    chunks: async function* () {
      yield content.subarray(0, 3)
      yield content.subarray(3)
    },
  }
}
