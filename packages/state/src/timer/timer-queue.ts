// The timers of one operator's subtask: a heap ordered by time, and a hash table that knows which
// are there. Both hold places; what belongs to a timer lies in columns at its place, so that no
// object is kept for a timer (about 80 bytes each, its key apart).
//
// Invariants
//  - (key, namespace, timestamp) is there once at most.
//  - `#heap` is a permutation of all places: those of timers first, as a heap, then the free ones.
//  - `#positions` is its inverse.
//  - Capacity is a power of two, at most 16 times what is needed; the table is twice as large.
//    While a snapshot is not durable yet, which knows timers by their places, it does not shrink.

import {
  detachString,
  hashNumber,
  hashString,
  type KeyGroupRange,
  keyGroupOf,
  keyIdentity,
  keyOfIdentity,
  writeGeneric,
} from '@millrace/core'
import { copyValue } from '../heap/copy-value.ts'
import { PlaceChanges } from '../snapshot/place-changes.ts'
import {
  closePart,
  openPart,
  type RecordBuffer,
  writeIdentityPart,
} from '../snapshot/record-buffer.ts'
import { recordFlag, type StoredState, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import type { SnapshottedState } from '../snapshot/snapshotted-state.ts'

/** A moment at which an operator wants to be called for a key. */
export interface InternalTimer {
  readonly key: unknown
  /** `hashKey(key)`; its upper bits are the key group. */
  readonly keyHash: number
  /** What of the operator the timer belongs to; '' where there is nothing to tell apart. */
  readonly namespace: string
  /** Milliseconds since 1970: a safe integer. */
  readonly timestamp: number
}

const capacityMin = 16
const arity = 4

/** Registering and deleting take O(log n); timers of one time come in the order of registration. */
export class TimerQueue implements SnapshottedState {
  readonly stored: StoredState
  readonly changes: PlaceChanges = new PlaceChanges(this)
  #size = 0
  #capacity = capacityMin
  #nextSequence = 0
  #timestamps = new Float64Array(capacityMin)
  #sequences = new Float64Array(capacityMin)
  #keyHashes = new Int32Array(capacityMin)
  #marks = new Int32Array(capacityMin)
  #positions = identity(capacityMin)
  #heap = identity(capacityMin)
  /** Each place counted from 1; 0: free. */
  #table = new Int32Array(2 * capacityMin)
  #keys: unknown[] = []
  /** `keyIdentity` of each key. */
  #identities: unknown[] = []
  #namespaces: string[] = []

  /** `stored`: what it is in snapshots, if it is part of some. */
  constructor(stored: StoredState = { id: 0, name: '', kind: 'timer', types: [], ttl: null }) {
    this.stored = stored
  }

  get size(): number {
    return this.#size
  }

  /** Timers there is room for. */
  get capacity(): number {
    return this.#capacity
  }

  /** The earliest timestamp; Infinity where there are no timers. */
  get earliest(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#at(0)
  }

  /** False where the same timer is there already. Copies the key. */
  register(timer: InternalTimer): boolean {
    return this.#register(timer, this.#nextSequence)
  }

  #register(timer: InternalTimer, sequence: number): boolean {
    const { key, keyHash, namespace, timestamp } = timer
    const mark = markOf(timer)
    const found = this.#find(mark, timer)
    if (found >= 0) return false
    if (this.#size === this.#capacity) this.#grow()
    const position = this.#size++
    const place = this.#heap[position] as number
    const ownKey = copyValue(key)
    const own = keyIdentity(ownKey)
    // Without the sign of -0.
    this.#timestamps[place] = timestamp + 0
    this.#sequences[place] = sequence
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1)
    this.#keyHashes[place] = keyHash
    this.#marks[place] = mark
    this.#keys[place] = ownKey
    this.#identities[place] = own
    this.#namespaces[place] = detachString(namespace)
    this.#enter(mark, place)
    this.#siftUp(position, place)
    this.changes.insert(place)
    return true
  }

  /** False where there is no such timer. */
  delete(timer: InternalTimer): boolean {
    const place = this.#find(markOf(timer), timer)
    if (place < 0) return false
    this.#remove(place)
    return true
  }

  /** Takes out the earliest timer. */
  poll(): InternalTimer | undefined {
    if (this.#size === 0) return undefined
    const place = this.#heap[0] as number
    const timer = this.#timerAt(place)
    this.#remove(place)
    return timer
  }

  /** The timers of some key groups, in no order. The queue is not changed meanwhile. */
  *timersOf(range: KeyGroupRange): Generator<InternalTimer> {
    for (let position = 0; position < this.#size; position++) {
      const place = this.#heap[position] as number
      const keyGroup = keyGroupOf(this.#keyHashes[place] as number)
      if (keyGroup >= range.start && keyGroup < range.end) yield this.#timerAt(place)
    }
  }

  #timerAt(place: number): InternalTimer {
    return {
      key: this.#keys[place],
      keyHash: this.#keyHashes[place] as number,
      namespace: this.#namespaces[place] as string,
      timestamp: this.#timestamps[place] as number,
    }
  }

  #find(mark: number, { key, namespace, timestamp }: InternalTimer): number {
    const own = keyIdentity(key)
    const table = this.#table
    const mask = table.length - 1
    for (let at = mark & mask; ; at = (at + 1) & mask) {
      const place = (table[at] as number) - 1
      if (place < 0) return -1
      if (
        this.#marks[place] === mark &&
        this.#timestamps[place] === timestamp &&
        this.#identities[place] === own &&
        this.#namespaces[place] === namespace
      ) {
        return place
      }
    }
  }

  #enter(mark: number, place: number): void {
    const table = this.#table
    const mask = table.length - 1
    let at = mark & mask
    while (table[at] !== 0) at = (at + 1) & mask
    table[at] = place + 1
  }

  #remove(place: number): void {
    if (this.changes.delete(place)) {
      const [key, namespace] = [this.#identities[place], this.#namespaceAt(place)]
      const timestamp = this.#timestamps[place]
      this.changes.remove(segmentOp.delete, this.keyGroupAt(place), key, namespace, timestamp)
    }
    this.#leave(place)
    this.#size--
    const position = this.#positions[place] as number
    const last = this.#heap[this.#size] as number
    this.#put(this.#size, place)
    if (last !== place) {
      this.#siftUp(position, last)
      this.#siftDown(this.#positions[last] as number, last)
    }
    this.#keys[place] = undefined
    this.#identities[place] = undefined
    this.#namespaces[place] = ''
    const isSparse = this.#size * 8 < this.#capacity && this.#capacity > capacityMin
    if (isSparse && !this.changes.isHeld) this.#shrink(this.#capacity / 2)
  }

  /** Takes a place out of the table; what lies behind it moves up, so no tombstones remain. */
  #leave(place: number): void {
    const table = this.#table
    const mask = table.length - 1
    let at = (this.#marks[place] as number) & mask
    while (table[at] !== place + 1) at = (at + 1) & mask
    for (let next = (at + 1) & mask; table[next] !== 0; next = (next + 1) & mask) {
      const home = (this.#marks[(table[next] as number) - 1] as number) & mask
      // It may move only where its own probe passes the hole.
      if (((next - home) & mask) < ((next - at) & mask)) continue
      table[at] = table[next] as number
      at = next
    }
    table[at] = 0
  }

  #at(position: number): number {
    return this.#timestamps[this.#heap[position] as number] as number
  }

  #put(position: number, place: number): void {
    this.#heap[position] = place
    this.#positions[place] = position
  }

  #isBefore(one: number, other: number): boolean {
    const oneMs = this.#timestamps[one] as number
    const otherMs = this.#timestamps[other] as number
    if (oneMs !== otherMs) return oneMs < otherMs
    return (this.#sequences[one] as number) < (this.#sequences[other] as number)
  }

  #siftUp(from: number, place: number): void {
    let position = from
    while (position > 0) {
      const parent = ((position - 1) / arity) | 0
      const parentPlace = this.#heap[parent] as number
      if (!this.#isBefore(place, parentPlace)) break
      this.#put(position, parentPlace)
      position = parent
    }
    this.#put(position, place)
  }

  #siftDown(from: number, place: number): void {
    let position = from
    for (;;) {
      const first = position * arity + 1
      const end = Math.min(first + arity, this.#size)
      let child = -1
      let childPlace = place
      for (let at = first; at < end; at++) {
        const candidate = this.#heap[at] as number
        if (!this.#isBefore(candidate, childPlace)) continue
        child = at
        childPlace = candidate
      }
      if (child < 0) break
      this.#put(position, childPlace)
      position = child
    }
    this.#put(position, place)
  }

  /** All places are taken. Timers stay where they are. */
  #grow(): void {
    const capacity = 2 * this.#capacity
    this.#timestamps = extended(this.#timestamps, new Float64Array(capacity))
    this.#sequences = extended(this.#sequences, new Float64Array(capacity))
    this.#keyHashes = extended(this.#keyHashes, new Int32Array(capacity))
    this.#marks = extended(this.#marks, new Int32Array(capacity))
    this.#heap = extended(this.#heap, identity(capacity))
    this.#positions = extended(this.#positions, identity(capacity))
    this.#capacity = capacity
    this.#enterAll()
  }

  /** Moves every timer to the place of its position, which leaves the heap as it is. */
  #shrink(capacity: number): void {
    const order = this.#heap.subarray(0, this.#size)
    this.changes.move(order)
    this.#timestamps = inOrder(this.#timestamps, order, new Float64Array(capacity))
    this.#sequences = inOrder(this.#sequences, order, new Float64Array(capacity))
    this.#keyHashes = inOrder(this.#keyHashes, order, new Int32Array(capacity))
    this.#marks = inOrder(this.#marks, order, new Int32Array(capacity))
    this.#keys = Array.from(order, (place) => this.#keys[place])
    this.#identities = Array.from(order, (place) => this.#identities[place])
    this.#namespaces = Array.from(order, (place) => this.#namespaces[place] as string)
    this.#capacity = capacity
    this.#heap = identity(capacity)
    this.#positions = identity(capacity)
    this.#enterAll()
  }

  /** All timers lie at the first places. */
  #enterAll(): void {
    this.#table = new Int32Array(2 * this.#capacity)
    for (let place = 0; place < this.#size; place++) {
      this.#enter(this.#marks[place] as number, place)
    }
  }

  // Its timers, as snapshots know them.

  get stateId(): number {
    return this.stored.id
  }

  get entryCount(): number {
    return this.#size
  }

  get placeCount(): number {
    return this.#capacity
  }

  isUsed(place: number): boolean {
    return (this.#positions[place] as number) < this.#size
  }

  keyGroupAt(place: number): number {
    return keyGroupOf(this.#keyHashes[place] as number)
  }

  /** The time stands for the key of a map; the value tells the order of timers of one time. */
  encode(place: number, records: RecordBuffer): void {
    const namespace = this.#namespaceAt(place)
    const flags =
      recordFlag.mapKey | recordFlag.value | (namespace === undefined ? 0 : recordFlag.namespace)
    const writer = records.begin(segmentOp.put, flags, this.keyGroupAt(place), this.stateId)
    writeIdentityPart(this.#identities[place], writer)
    if (namespace !== undefined) writeIdentityPart(namespace, writer)
    writeIdentityPart(this.#timestamps[place], writer)
    const start = openPart(writer)
    writeGeneric(this.#sequences[place], writer)
    closePart(writer, start)
    records.end()
  }

  onReopened(_place: number): void {}

  restore(record: SegmentRecord): void {
    const namespace = keyOfIdentity(record.namespaceIdentity())
    const timer = {
      key: keyOfIdentity(record.keyIdentity()),
      keyHash: record.keyHash(),
      namespace: typeof namespace === 'string' ? namespace : '',
      timestamp: Number(record.mapKeyIdentity()),
    }
    if (record.op === segmentOp.delete) this.delete(timer)
    else this.#register(timer, Number(record.value()))
  }

  /** Undefined where there is none to tell apart. */
  #namespaceAt(place: number): unknown {
    const namespace = this.#namespaces[place] as string
    return namespace === '' ? undefined : keyIdentity(namespace)
  }
}

/** Hash of all that a timer is told apart by. A key may itself be a time: its hash is turned. */
function markOf({ keyHash, namespace, timestamp }: InternalTimer): number {
  const turned = Math.imul((keyHash << 7) | (keyHash >>> 25), 0x9e3779b1)
  const mixed =
    (turned + hashNumber(timestamp) + (namespace === '' ? 0 : hashString(namespace))) | 0
  return mixed ^ (mixed >>> 15)
}

function identity(length: number): Int32Array {
  return Int32Array.from({ length }, (_, index) => index)
}

function extended<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

function inOrder<T extends Float64Array | Int32Array>(from: T, order: Int32Array, to: T): T {
  for (let index = 0; index < order.length; index++)
    to[index] = from[order[index] as number] as number
  return to
}
