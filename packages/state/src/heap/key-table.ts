import { assert } from '@millrace/core'

const capacityMin = 64

/**
 * Values by key and namespace: open addressing over the hash that partitioning has already
 * computed. Only hashes lie scattered, each beside the place of its key; keys and values lie in the
 * order in which they came. So keys that come in a similar order again are found with one scattered
 * read each, and no object is made for an entry.
 *
 * A place is that of one key in one namespace until it is deleted. Whoever passes a hash passes
 * the same for the same key and namespace; its highest 15 bits are the key group.
 */
export class KeyTable {
  #size = 0
  #mask = capacityMin - 1
  /**
   * Pairs of a mark and a place. The mark is the hash with its lowest bit set, which takes no part
   * in the position; 0: free.
   */
  #slots: Int32Array = new Int32Array(2 * capacityMin)
  /** `keyIdentity` of each key, compared with ===; undefined: the place is free. */
  readonly #keys = emptyColumn()
  readonly #values = emptyColumn()
  readonly #hashes: number[] = []
  /** Undefined as long as every entry is in the void namespace, which is undefined too. */
  #namespaces: unknown[] | undefined = undefined
  readonly #freePlaces: number[] = []

  get size(): number {
    return this.#size
  }

  /** Places are below it. */
  get placeCount(): number {
    return this.#keys.length
  }

  /** The place of a key, or -1. */
  find(key: unknown, namespace: unknown, hash: number): number {
    const slots = this.#slots
    const namespaces = this.#namespaces
    const mask = this.#mask
    const mark = hash | 1
    for (let at = (hash >>> 1) & mask; ; at = (at + 1) & mask) {
      const found = slots[2 * at]
      if (found === mark) {
        const place = slots[2 * at + 1] as number
        const isThis = namespaces === undefined || namespaces[place] === namespace
        if (this.#keys[place] === key && isThis) return place
      } else if (found === 0) {
        return -1
      }
    }
  }

  keyAt(place: number): unknown {
    return this.#keys[place]
  }

  namespaceAt(place: number): unknown {
    return this.#namespaces === undefined ? undefined : this.#namespaces[place]
  }

  hashAt(place: number): number {
    return this.#hashes[place] as number
  }

  valueAt(place: number): unknown {
    return this.#values[place]
  }

  setValueAt(place: number, value: unknown): void {
    this.#values[place] = value
  }

  /** Adds a key that is not there yet; returns its place. */
  insert(key: unknown, namespace: unknown, hash: number, value: unknown): number {
    if (this.#size * 2 > this.#mask) this.#resize(2 * this.#mask + 2)
    const place = this.#freePlaces.pop() ?? this.#keys.length
    if (place === this.#keys.length) {
      this.#keys.push(key)
      this.#values.push(value)
      this.#hashes.push(hash)
    } else {
      this.#keys[place] = key
      this.#values[place] = value
      this.#hashes[place] = hash
    }
    if (namespace !== undefined) this.#namespaces ??= columnOf(this.#keys.length)
    if (this.#namespaces !== undefined) this.#namespaces[place] = namespace
    this.#enter(hash | 1, place)
    this.#size++
    return place
  }

  /** Takes out the key at a place. What lies behind it moves up, so no tombstones remain. */
  delete(place: number): void {
    // Else the search below would not end.
    assert(this.#keys[place] !== undefined, 'A free place is deleted')
    const slots = this.#slots
    const mask = this.#mask
    let at = ((this.#hashes[place] as number) >>> 1) & mask
    while (slots[2 * at + 1] !== place || slots[2 * at] === 0) at = (at + 1) & mask
    for (let next = (at + 1) & mask; slots[2 * next] !== 0; next = (next + 1) & mask) {
      const home = ((slots[2 * next] as number) >>> 1) & mask
      // It may fill the hole only if its home does not lie behind the hole, on the way to it.
      if (((next - home) & mask) < ((next - at) & mask)) continue
      slots[2 * at] = slots[2 * next] as number
      slots[2 * at + 1] = slots[2 * next + 1] as number
      at = next
    }
    slots[2 * at] = 0
    this.#keys[place] = undefined
    this.#values[place] = undefined
    if (this.#namespaces !== undefined) this.#namespaces[place] = undefined
    this.#freePlaces.push(place)
    this.#size--
  }

  isUsed(place: number): boolean {
    return this.#keys[place] !== undefined
  }

  #enter(mark: number, place: number): void {
    const slots = this.#slots
    const mask = this.#mask
    let at = (mark >>> 1) & mask
    while (slots[2 * at] !== 0) at = (at + 1) & mask
    slots[2 * at] = mark
    slots[2 * at + 1] = place
  }

  /** Makes room for so many keys, which then come without a pause for growing. */
  reserve(count: number): void {
    let capacity = this.#mask + 1
    while (count * 2 > capacity) capacity *= 2
    if (capacity > this.#mask + 1) this.#resize(capacity)
  }

  #resize(capacity: number): void {
    const slots = this.#slots
    this.#mask = capacity - 1
    this.#slots = new Int32Array(2 * capacity)
    for (let i = 0; i < slots.length; i += 2) {
      if (slots[i] !== 0) this.#enter(slots[i] as number, slots[i + 1] as number)
    }
  }
}

/** An array for values of any type from the start, so that all columns are of one kind to V8. */
function emptyColumn(): unknown[] {
  const column: unknown[] = [undefined]
  column.pop()
  return column
}

function columnOf(length: number): unknown[] {
  return new Array<unknown>(length).fill(undefined)
}
