/** One key with its value. */
export class StateEntry {
  /** `keyIdentity` of the key: compared with ===. */
  readonly key: unknown
  readonly hash: number
  value: unknown

  constructor(key: unknown, hash: number, value: unknown) {
    this.key = key
    this.hash = hash
    this.value = value
  }
}

const capacityMin = 64

/**
 * Entries by key: open addressing over the hash that partitioning has already computed. A probe
 * compares hashes of four bytes that lie side by side before it looks at an entry.
 */
export class KeyTable {
  #size = 0
  #mask = capacityMin - 1
  /** The hash with its lowest bit set, which takes no part in the place; 0: free. */
  #marks: Int32Array = new Int32Array(capacityMin)
  #entries: (StateEntry | undefined)[] = new Array(capacityMin).fill(undefined)

  get size(): number {
    return this.#size
  }

  find(key: unknown, hash: number): StateEntry | undefined {
    const marks = this.#marks
    const mask = this.#mask
    const mark = hash | 1
    for (let at = (hash >>> 1) & mask; ; at = (at + 1) & mask) {
      const found = marks[at]
      if (found === mark) {
        const entry = this.#entries[at]
        if (entry !== undefined && entry.key === key) return entry
      } else if (found === 0) {
        return undefined
      }
    }
  }

  /** Adds an entry whose key is not there yet. */
  insert(entry: StateEntry): void {
    if (this.#size * 2 > this.#mask) this.#grow()
    this.#place(entry)
    this.#size++
  }

  /** Takes an entry out, if it is there. What lies behind it moves up, so no tombstones remain. */
  delete(entry: StateEntry): boolean {
    const mask = this.#mask
    let at = (entry.hash >>> 1) & mask
    while (this.#entries[at] !== entry) {
      if (this.#marks[at] === 0) return false
      at = (at + 1) & mask
    }
    for (let next = (at + 1) & mask; this.#marks[next] !== 0; next = (next + 1) & mask) {
      const home = ((this.#marks[next] as number) >>> 1) & mask
      // It may fill the hole only if its home does not lie behind the hole, on the way to it.
      if (((next - home) & mask) < ((next - at) & mask)) continue
      this.#marks[at] = this.#marks[next] as number
      this.#entries[at] = this.#entries[next]
      at = next
    }
    this.#marks[at] = 0
    this.#entries[at] = undefined
    this.#size--
    return true
  }

  *[Symbol.iterator](): Generator<StateEntry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry
  }

  #place(entry: StateEntry): void {
    const mask = this.#mask
    let at = (entry.hash >>> 1) & mask
    while (this.#marks[at] !== 0) at = (at + 1) & mask
    this.#marks[at] = entry.hash | 1
    this.#entries[at] = entry
  }

  #grow(): void {
    const entries = this.#entries
    const capacity = entries.length * 2
    this.#mask = capacity - 1
    this.#marks = new Int32Array(capacity)
    this.#entries = new Array(capacity).fill(undefined)
    for (const entry of entries) if (entry !== undefined) this.#place(entry)
  }
}
