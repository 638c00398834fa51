import { keyGroupOf, keyIdentity, keyOfIdentity, type MapState, writeGeneric } from '@millrace/core'
import {
  closePart,
  openPart,
  type RecordBuffer,
  writeIdentityPart,
  writeTouch,
} from '../snapshot/record-buffer.ts'
import { recordFlag, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
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
    if (place === undefined || !this.isReadable(place)) return undefined
    return copyValue(this.#entries.valueAt(place)) as V
  }

  put(key: K, value: V): void {
    const { keyType, valueType } = this.declaration
    const own = copyDefined(value, 'A value of a map')
    const identity = keyIdentity(key)
    keyType.require(key, this.backend.currentKey)
    valueType.require(own, this.backend.currentKey)
    let places = this.#places()
    let place = places?.get(identity)
    if (place !== undefined) {
      this.changes.change(place)
      this.#entries.setValueAt(place, own)
    } else {
      if (places === undefined) {
        places = new Map()
        this.insert(places)
      }
      const ownIdentity = detached(identity)
      place = this.#entries.insert(this.place, ownIdentity, own)
      this.changes.insert(place)
      places.set(ownIdentity, place)
    }
    if (this.ttl !== undefined) this.ttl.touch(place)
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  remove(key: K): void {
    const place = this.#places()?.get(keyIdentity(key))
    if (place !== undefined) this.deleteEntry(place)
  }

  contains(key: K): boolean {
    const place = this.#places()?.get(keyIdentity(key))
    return place !== undefined && this.isReadable(place)
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
      this.expire(place)
    }
    return true
  }

  clear(): void {
    const places = this.#places()
    if (places === undefined) return
    let isNoted = false
    for (const place of places.values()) {
      if (this.changes.delete(place)) isNoted = true
      this.#entries.delete(place)
    }
    // Who iterates over it right now reads no more.
    places.clear()
    if (isNoted) this.noteRemoval(segmentOp.clear, this.place, undefined)
    this.deleteKey(this.place)
  }

  override get entryCount(): number {
    return this.#entries.count
  }

  override get placeCount(): number {
    return this.#entries.placeCount
  }

  override isUsed(place: number): boolean {
    return this.#entries.ownerAt(place) >= 0
  }

  override keyGroupAt(place: number): number {
    return keyGroupOf(this.table.hashAt(this.#entries.ownerAt(place)))
  }

  override encode(place: number, records: RecordBuffer): void {
    const { ttl } = this
    const entries = this.#entries
    const flags = recordFlag.mapKey | recordFlag.value | (ttl === undefined ? 0 : recordFlag.touch)
    const writer = this.beginRecord(segmentOp.put, flags, records, entries.ownerAt(place))
    writeIdentityPart(entries.identityAt(place), writer)
    const start = openPart(writer)
    writeGeneric(entries.valueAt(place), writer)
    closePart(writer, start)
    if (ttl !== undefined) writeTouch(ttl.touchedAt(place), writer)
    records.end()
  }

  override restore(record: SegmentRecord): void {
    let owner = this.findRestored(record)
    let places = owner < 0 ? undefined : (this.table.valueAt(owner) as Places)
    const identity = record.mapKeyIdentity()
    if (record.op === segmentOp.clear) {
      for (const place of places?.values() ?? []) this.#remove(place)
      return
    }
    let place = places?.get(identity)
    if (record.op === segmentOp.delete) {
      if (place !== undefined) this.#remove(place)
      return
    }
    if (places === undefined) {
      places = new Map()
      owner = this.insertRestored(places)
    }
    const value = record.value()
    if (place === undefined) {
      place = this.#entries.insert(owner, identity, value)
      places.set(identity, place)
      this.changes.insert(place)
    } else {
      this.#entries.setValueAt(place, value)
    }
    this.ttl?.setTouchedAt(place, record.hasTouch ? record.touchedAtMs : this.ttl.now())
  }

  protected override deleteEntry(place: number): void {
    if (this.changes.delete(place)) {
      const entries = this.#entries
      this.noteRemoval(segmentOp.delete, entries.ownerAt(place), entries.identityAt(place))
    }
    this.#remove(place)
  }

  #places(): Places | undefined {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    return this.place < 0 ? undefined : (this.table.valueAt(this.place) as Places)
  }

  /** The map is that of the call: the key may be another one when the iteration goes on. */
  *#iterate<R>(places: Places | undefined, read: (place: number) => R): Generator<R> {
    if (places === undefined) return
    for (const place of places.values()) if (this.isReadable(place)) yield read(place)
  }

  #keyAt(place: number): K {
    return keyOfIdentity(this.#entries.identityAt(place)) as K
  }

  #valueAt(place: number): V {
    return copyValue(this.#entries.valueAt(place)) as V
  }

  /** From any map, which goes with its last entry. */
  #remove(place: number): void {
    const entries = this.#entries
    const owner = entries.ownerAt(place)
    const places = this.table.valueAt(owner) as Places
    places.delete(entries.identityAt(place))
    entries.delete(place)
    if (places.size === 0) this.deleteKey(owner)
  }
}
