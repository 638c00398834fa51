import { keyIdentity, keyOfIdentity, type MapState } from '@millrace/core'
import { copyDefined, copyValue } from './copy-value.ts'
import { detached, HeapState } from './heap-state.ts'
import { MapEntries } from './map-entries.ts'

/** Places of a map's entries, by the identity of their keys. */
type Places = Map<unknown, number>

/** A map for each key, entry by entry. */
export class HeapMapState<K, V> extends HeapState implements MapState<K, V> {
  readonly #entries = new MapEntries()

  get(key: K): V | undefined {
    const place = this.#places()?.get(keyIdentity(key))
    if (place === undefined || !this.#isReadable(place)) return undefined
    return copyValue(this.#entries.valueAt(place)) as V
  }

  put(key: K, value: V): void {
    const own = copyDefined(value, 'A value of a map')
    const identity = keyIdentity(key)
    let places = this.#places()
    let place = places?.get(identity)
    if (place !== undefined) {
      this.#entries.setValueAt(place, own)
    } else {
      if (places === undefined) {
        places = new Map()
        this.insert(places)
      }
      const ownIdentity = detached(identity)
      place = this.#entries.insert(this.place, ownIdentity, own)
      places.set(ownIdentity, place)
    }
    if (this.ttl !== undefined) this.ttl.touch(place)
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  remove(key: K): void {
    const place = this.#places()?.get(keyIdentity(key))
    if (place !== undefined) this.#delete(place)
  }

  contains(key: K): boolean {
    const place = this.#places()?.get(keyIdentity(key))
    return place !== undefined && this.#isReadable(place)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#iterate(this.#places(), (place) => [this.#keyAt(place), this.#valueAt(place)])
  }

  keys(): IterableIterator<K> {
    return this.#iterate(this.#places(), (place) => this.#keyAt(place))
  }

  values(): IterableIterator<V> {
    return this.#iterate(this.#places(), (place) => this.#valueAt(place))
  }

  isEmpty(): boolean {
    const places = this.#places()
    if (places === undefined) return true
    const { ttl } = this
    if (ttl === undefined || ttl.returnsExpired) return false
    for (const place of places.values()) {
      if (!ttl.hasExpired(place)) return false
      this.#expire(place)
    }
    return true
  }

  clear(): void {
    const places = this.#places()
    if (places === undefined) return
    for (const place of places.values()) this.#entries.delete(place)
    // Who iterates over it right now reads no more.
    places.clear()
    this.table.delete(this.place)
    this.place = -1
  }

  override cleanUpExpired(entryCountMax: number): number {
    const entries = this.#entries
    const start = this.cursor
    const end = Math.min(entries.placeCount, start + entryCountMax)
    for (let place = start; place < end; place++) {
      if (entries.ownerAt(place) >= 0 && this.ttl?.hasExpired(place) === true) this.#expire(place)
    }
    this.cursor = end === entries.placeCount ? 0 : end
    return end - start
  }

  #places(): Places | undefined {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    return this.place < 0 ? undefined : (this.table.valueAt(this.place) as Places)
  }

  /** The map is that of the call: the key may be another one when the iteration goes on. */
  *#iterate<R>(places: Places | undefined, read: (place: number) => R): Generator<R> {
    if (places === undefined) return
    for (const place of places.values()) if (this.#isReadable(place)) yield read(place)
  }

  #keyAt(place: number): K {
    return keyOfIdentity(this.#entries.identityAt(place)) as K
  }

  #valueAt(place: number): V {
    return copyValue(this.#entries.valueAt(place)) as V
  }

  #isReadable(place: number): boolean {
    const { ttl } = this
    if (ttl === undefined) return true
    if (ttl.hasExpired(place)) {
      if (!ttl.returnsExpired) this.#expire(place)
      return ttl.returnsExpired
    }
    if (ttl.touchesOnRead) ttl.touch(place)
    return true
  }

  #expire(place: number): void {
    this.#delete(place)
    this.backend.expiredCount++
  }

  /** Of any map, which goes with its last entry. */
  #delete(place: number): void {
    const entries = this.#entries
    const owner = entries.ownerAt(place)
    const places = this.table.valueAt(owner) as Places
    places.delete(entries.identityAt(place))
    entries.delete(place)
    if (places.size > 0) return
    this.table.delete(owner)
    if (this.place === owner) this.place = -1
  }
}
