import type { TypeDescriptor } from '../../type/type-descriptor.ts'
import { type KeyMode, shapeText } from './shape.ts'
import {
  descriptorOf,
  type InferredType,
  inferType,
  signatureOf,
  widen,
} from './shape-inference.ts'

const sampleCount = 64
/** Records alike make a shape if they are one in so many samples. */
const oneIn = 16
/** Odd records call for another shape if they are more than one in so many. */
const oddOneIn = 4
/** So many odd records call for another shape, however few they are among all. */
const oddCountMax = 4096

/**
 * Watches records that fit no shape yet, and proposes shapes for them. Each proposal covers what
 * was proposed for records with the same fields before, so that in the end one shape fits.
 */
export class ShapeSampler {
  readonly #types = new Map<string, InferredType>()
  readonly #proposed = new Set<string>()
  #samples: unknown[] = []
  #oddCount = 0
  /** Records of the edge when the first of the samples came. */
  #windowStart = 0
  /** Doubled whenever samples have nothing in common, so that the search costs ever less. */
  #patience = 1
  #windowsSkipped = 0

  /** Takes an odd record; returns the shapes' types that it now takes to fit most. */
  add(record: unknown, mode: KeyMode, countRecords: () => number): readonly TypeDescriptor[] {
    this.#oddCount++
    if (this.#samples.length === 0) this.#windowStart = countRecords()
    this.#samples.push(record)
    if (this.#samples.length < sampleCount) return []
    const samples = this.#samples
    this.#samples = []
    const isMany = countRecords() - this.#windowStart < sampleCount * oddOneIn
    if (!isMany && this.#oddCount < oddCountMax) return []
    if (++this.#windowsSkipped < this.#patience) return []
    this.#windowsSkipped = 0
    this.#oddCount = 0
    const found = this.#propose(samples, mode)
    this.#patience = found.length === 0 ? Math.min(this.#patience * 2, 1024) : 1
    return found
  }

  #propose(samples: readonly unknown[], mode: KeyMode): readonly TypeDescriptor[] {
    const groups = Map.groupBy(samples, signatureOf)
    const found: TypeDescriptor[] = []
    for (const [signature, group] of groups) {
      if (group.length * oneIn < samples.length) continue
      const before = this.#types.get(signature)
      const type = inferType(group)
      const widened = before === undefined ? type : widen(before, type)
      const descriptor = descriptorOf(widened)
      // A shape of anything would keep all better ones from being found.
      if (descriptor.kind === 'any' && groups.size > 1) continue
      const text = shapeText({ type: descriptor, key: mode })
      if (this.#proposed.has(text)) continue
      this.#proposed.add(text)
      this.#types.set(signature, widened)
      found.push(descriptor)
    }
    return found
  }
}
