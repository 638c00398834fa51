import { decodeKey } from '@millrace/core'
import type { SavedCell, StateContent } from './key-group-content.ts'
import type { ScannedContent } from './keyed-scan.ts'
import { entriesOfCell, hasExpired, sizeOfCell } from './saved-entry.ts'
import type { SavedKeyedState } from './saved-states.ts'

/** How much one key has of a state, in all its namespaces. */
export interface KeySize {
  readonly key: unknown
  /** Values, elements of lists, entries of maps, timers. */
  readonly entryCount: number
  /** Of values and keys of maps as they are encoded. */
  readonly sizeBytes: number
}

/** How much there is of a keyed state. */
export interface StateSize {
  readonly state: SavedKeyedState
  readonly keyCount: number
  readonly entryCount: number
  /** Of these, those that have expired. */
  readonly expiredCount: number
  readonly sizeBytes: number
  /** Largest first. */
  readonly largestKeys: readonly KeySize[]
  /** `keyCount` by size: at index i keys of less than 2^i bytes, and not less than 2^(i-1). */
  readonly sizes: readonly number[]
}

/**
 * Measures states by what a scan of them finds, in the order in which they are declared; of each
 * it tells the largest keys, `largestMax` of them.
 */
export async function measureStates(
  states: readonly SavedKeyedState[],
  scan: AsyncIterable<ScannedContent>,
  { nowMs, largestMax }: { readonly nowMs: number; readonly largestMax: number },
): Promise<readonly StateSize[]> {
  const measured = new Map(states.map((state) => [state.name, new Measurement(state, largestMax)]))
  for await (const { state, content } of scan) {
    measured
      .get(state.name)
      ?.add({ ...content, stored: { ...content.stored, ttl: state.ttl } }, nowMs)
  }
  return [...measured.values()].map((each) => each.result())
}

class Measurement {
  readonly #state: SavedKeyedState
  readonly #largestMax: number
  readonly #largest: { readonly key: Uint8Array; readonly size: Omit<KeySize, 'key'> }[] = []
  readonly #sizes: number[] = []
  #keyCount = 0
  #entryCount = 0
  #expiredCount = 0
  #sizeBytes = 0

  constructor(state: SavedKeyedState, largestMax: number) {
    this.#state = state
    this.#largestMax = largestMax
  }

  /** All of one key group. */
  add(content: StateContent, nowMs: number): void {
    const keys = new Map<string, { cell: SavedCell; entryCount: number; sizeBytes: number }>()
    for (const cell of content.cells.values()) {
      const name = Buffer.from(cell.key).toString('latin1')
      const key = keys.get(name) ?? { cell, entryCount: 0, sizeBytes: 0 }
      keys.set(name, key)
      key.entryCount += this.#countEntries(cell, content, nowMs)
      key.sizeBytes += sizeOfCell(cell)
    }
    for (const { cell, ...size } of keys.values()) this.#addKey(cell.key, size)
  }

  result(): StateSize {
    const largest = this.#largest.map(({ key, size }) => ({ key: decodeKey(key), ...size }))
    return {
      state: this.#state,
      keyCount: this.#keyCount,
      entryCount: this.#entryCount,
      expiredCount: this.#expiredCount,
      sizeBytes: this.#sizeBytes,
      largestKeys: largest,
      sizes: Array.from(this.#sizes, (count) => count ?? 0),
    }
  }

  /** Decoded is only what has to be: the elements of lists, and what may have expired. */
  #countEntries(cell: SavedCell, { stored }: StateContent, nowMs: number): number {
    if (stored.kind !== 'list' && stored.ttl === null) return cell.parts.size
    let count = 0
    for (const entry of entriesOfCell(cell, stored)) {
      count += entry.kind === 'list' ? entry.value.length : 1
      const lives = entry.kind === 'list' ? entry.lives : entry.kind === 'timer' ? [] : [entry]
      for (const life of lives) if (hasExpired(life, nowMs)) this.#expiredCount++
    }
    return count
  }

  #addKey(key: Uint8Array, size: Omit<KeySize, 'key'>): void {
    const { entryCount, sizeBytes } = size
    this.#keyCount++
    this.#entryCount += entryCount
    this.#sizeBytes += sizeBytes
    const bits = 32 - Math.clz32(Math.min(sizeBytes, 0xffff_ffff))
    this.#sizes[bits] = (this.#sizes[bits] ?? 0) + 1
    const smallest = this.#largest.at(-1)
    const isFull = this.#largest.length >= this.#largestMax
    if (isFull && (smallest === undefined || smallest.size.sizeBytes >= sizeBytes)) return
    const at = this.#largest.findIndex((each) => each.size.sizeBytes < sizeBytes)
    this.#largest.splice(at < 0 ? this.#largest.length : at, 0, { key, size })
    if (this.#largest.length > this.#largestMax) this.#largest.pop()
  }
}
