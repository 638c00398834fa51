import { decodeGeneric, hashKey, keyIdentity, keyOfIdentity, type MapState } from '@millrace/core'
import { copyDefined, copyValue } from '../heap/copy-value.ts'
import { type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { Cell } from './cell.ts'
import { CellSpace, cellPart } from './cell-space.ts'
import { chunkHash } from './leveldb-list-state.ts'
import { LevelDbState } from './leveldb-state.ts'
import { recordValue } from './leveldb-value-state.ts'
import { entryCodec, indexChunkCodec, type MapHead, mapHeadCodec } from './map-cells.ts'
import type { StateSetup } from './state-setup.ts'

const chunkSizeMax = 128

/**
 * A map for each key, entry by entry. Which keys it has lies in an index, so that iterating is
 * synchronous: its end in the head, what is before it in chunks.
 */
export class LevelDbMapState<K, V> extends LevelDbState implements MapState<K, V> {
  protected readonly heads: CellSpace
  readonly #chunks: CellSpace
  readonly #entries: CellSpace

  constructor(stored: StoredState, setup: StateSetup) {
    super(stored, setup)
    const stateId = stored.id
    this.heads = new CellSpace({ stateId, part: cellPart.head, codec: mapHeadCodec })
    this.#chunks = new CellSpace({ stateId, part: cellPart.chunk, codec: indexChunkCodec })
    this.#entries = new CellSpace({
      ...{ stateId, part: cellPart.entry, codec: entryCodec },
      record: (cell, records) => recordValue(cell, records, this.clock !== undefined),
      cleanUp: (cell) => this.#cleanUp(cell),
    })
  }

  get spaces(): readonly CellSpace[] {
    return [this.heads, this.#chunks, this.#entries]
  }

  get(key: K): V | undefined {
    const entry = this.#find(keyIdentity(key))
    if (entry === undefined || !this.#isReadable(entry)) return undefined
    return copyValue(entry.value) as V
  }

  put(key: K, value: V): void {
    const { keyType, valueType } = this.declaration
    const own = copyDefined(value, 'A value of a map')
    const identity = keyIdentity(key)
    keyType.require(key, this.backend.currentKey)
    valueType.require(own, this.backend.currentKey)
    const head = this.seek()
    const entry = this.#entry(head, identity)
    this.cache.willChange(entry)
    if (entry.value === undefined) this.#addToIndex(head, entry)
    entry.value = own
    if (this.clock !== undefined) entry.touchedAtMs = this.clock.now()
    this.cache.didChange(entry)
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  remove(key: K): void {
    const entry = this.#find(keyIdentity(key))
    if (entry !== undefined) this.#delete(entry)
  }

  contains(key: K): boolean {
    const entry = this.#find(keyIdentity(key))
    return entry !== undefined && this.#isReadable(entry)
  }

  entries(): IterableIterator<[K, V]> {
    return this.#iterate(this.seek(), (entry) => [keyOf<K>(entry), entryValue<V>(entry)])
  }

  keys(): IterableIterator<K> {
    return this.#iterate(this.seek(), keyOf<K>)
  }

  values(): IterableIterator<V> {
    return this.#iterate(this.seek(), entryValue<V>)
  }

  isEmpty(): boolean {
    const head = this.seek()
    if (head.value === undefined) return true
    const { clock } = this
    if (clock === undefined || clock.returnsExpired) return false
    for (const entry of this.#live(head)) {
      if (!clock.hasExpiredSince(entry.touchedAtMs)) return false
      this.#expire(entry)
    }
    return true
  }

  clear(): void {
    this.#clear(this.seek())
  }

  override restore(record: SegmentRecord): void {
    const head = this.headOf(record, false)
    if (record.op === segmentOp.clear) {
      this.#clear(head)
      return
    }
    const entry = this.#entry(head, record.mapKeyIdentity())
    if (record.op === segmentOp.delete) {
      if (entry.value !== undefined) this.#delete(entry)
      return
    }
    this.cache.willChange(entry)
    if (entry.value === undefined) this.#addToIndex(head, entry)
    entry.value = decodeGeneric(record.bytes, record.valueStart)
    entry.touchedAtMs = this.touchedAtMs(record)
    this.cache.didChange(entry)
  }

  #clear(first: Cell): void {
    let head = first
    const index = head.value as MapHead | undefined
    if (index === undefined) return
    this.#set(head, undefined)
    for (let number = index.first; number <= index.next; number++) {
      let identities: Iterable<unknown> = index.tail
      if (number < index.next) {
        const chunk = this.#chunk(head, number)
        if (chunk.value === undefined) continue
        identities = chunk.value as Set<unknown>
        this.#set(chunk, undefined)
      }
      for (const identity of identities) {
        const hash = entryHash(head, identity)
        this.#set(this.cache.findBlind(this.#entries, identity, head, hash), undefined)
      }
      this.cache.makeRoom()
      head = this.seekAgain(head)
    }
  }

  #find(identity: unknown): Cell | undefined {
    const head = this.seek()
    if (head.value === undefined) return undefined
    const entry = this.#entry(head, identity)
    return entry.value === undefined ? undefined : entry
  }

  #entry(head: Cell, identity: unknown): Cell {
    return this.cache.find(this.#entries, identity, head, entryHash(head, identity))
  }

  #chunk(head: Cell, number: number): Cell {
    return this.cache.find(this.#chunks, number, head, chunkHash(head, number))
  }

  #set(cell: Cell, value: unknown): void {
    this.cache.willChange(cell)
    cell.value = value
    this.cache.didChange(cell)
  }

  #addToIndex(head: Cell, entry: Cell): void {
    this.cache.willChange(head)
    head.value ??= emptyIndex()
    const index = head.value as MapHead
    if (index.tail.size === chunkSizeMax) {
      const number = index.next++
      const chunk = this.cache.findBlind(this.#chunks, number, head, chunkHash(head, number))
      this.#set(chunk, new Set(index.tail))
      index.tail.clear()
    }
    index.tail.add(entry.identity)
    index.count++
    entry.chunk = index.next
    this.cache.didChange(head)
  }

  /** The map is that of the call: the key may be another one when the iteration goes on. */
  *#iterate<R>(head: Cell, read: (entry: Cell) => R): Generator<R> {
    for (const entry of this.#live(head)) if (this.#isReadable(entry)) yield read(entry)
  }

  /** The entries of a map, which may be changed meanwhile. */
  *#live(first: Cell): Generator<Cell> {
    const index = first.value as MapHead | undefined
    if (index === undefined) return
    let head = first
    const last = index.next
    for (let number = index.first; number <= last; number++) {
      this.cache.makeRoom()
      head = this.seekAgain(head)
      const index = head.value as MapHead | undefined
      if (index === undefined || number > index.next) return
      const identities = number === index.next ? index.tail : this.#chunk(head, number).value
      if (identities === undefined) continue
      for (const identity of [...(identities as Set<unknown>)]) {
        if (head.at < 0) head = this.seekAgain(head)
        if (head.value === undefined) return
        const entry = this.#entry(head, identity)
        if (entry.value !== undefined) yield entry
      }
    }
  }

  #isReadable(entry: Cell): boolean {
    const { clock } = this
    if (clock === undefined) return true
    if (clock.hasExpiredSince(entry.touchedAtMs)) {
      if (!clock.returnsExpired) this.#expire(entry)
      return clock.returnsExpired
    }
    if (clock.touchesOnRead && entry.touchedAtMs !== clock.now()) {
      this.cache.willChange(entry)
      entry.touchedAtMs = clock.now()
      this.cache.didChange(entry)
    }
    return true
  }

  #cleanUp(entry: Cell): number {
    if (entry.value === undefined || this.clock === undefined) return 0
    if (this.clock.hasExpiredSince(entry.touchedAtMs)) this.#expire(entry)
    return 1
  }

  #expire(entry: Cell): void {
    this.#delete(entry)
    this.backend.expiredCount++
  }

  /** Of any map, which goes with its last entry. */
  #delete(entry: Cell): void {
    const { head, identity, chunk } = entry
    this.#set(entry, undefined)
    const index = head.value as MapHead
    this.cache.willChange(head)
    if (chunk === index.next) index.tail.delete(identity)
    else this.#removeFromChunk(head, identity, chunk)
    if (--index.count === 0) head.value = undefined
    this.cache.didChange(head)
  }

  #removeFromChunk(head: Cell, identity: unknown, number: number): void {
    const cell = this.#chunk(head, number)
    const identities = cell.value as Set<unknown>
    this.cache.willChange(cell)
    identities.delete(identity)
    if (identities.size === 0) cell.value = undefined
    this.cache.didChange(cell)
    const index = head.value as MapHead
    if (number === index.first && identities.size === 0) index.first++
  }
}

/**
 * Where an entry lies in the index of the cache. All bits depend on the map's key: one map may have
 * most of the entries.
 */
export function entryHash(head: Cell, identity: unknown): number {
  return head.hash ^ hashKey(identity)
}

function emptyIndex(): MapHead {
  return { count: 0, first: 0, next: 0, tail: new Set() }
}

function keyOf<K>(entry: Cell): K {
  return keyOfIdentity(entry.identity) as K
}

function entryValue<V>(entry: Cell): V {
  return copyValue(entry.value) as V
}
