// Which places of a table were written since the last seal, and which are still owed to the
// snapshot that is being encoded.
//
// A mark is twice the number of the epoch (seals so far, from 1) in which a place was written last,
// plus 1 where its entry is new in that epoch. 0: clean.
//
// Invariants
//  - A place is in the list of changes iff its mark is of this epoch; it is there once.
//  - The entry at a place is as it was when sealed unless its mark is of this epoch: before the
//    first change in an epoch, what is owed of it is encoded.
//  - Before the first seal nothing is tracked: the first snapshot has everything anyway.

import { assert, type KeyGroupRange } from '@millrace/core'
import { type RecordBuffer, writeIdentityPart } from './record-buffer.ts'
import { isInRange, recordFlag, type SegmentOp, segmentOp } from './segment-format.ts'
import type { Sliced } from './slice.ts'

/** What has the places: a table, or a queue of timers. */
export interface PlaceOwner {
  /** Its state's id in segments. */
  readonly stateId: number
  /** Places are below it. */
  readonly placeCount: number
  isUsed(place: number): boolean
  keyGroupAt(place: number): number
  /** Appends the record of the entry at a place. `isWhole`: it may not build on earlier ones. */
  encode(place: number, records: RecordBuffer, isWhole: boolean): void
  /** What was encoded of it last is lost. */
  onReopened(place: number): void
}

/** Marks of places that were never written since changes are tracked, and of those before. */
const untracked = 1
const neverMark = -1
const entriesPerStep = 32
const placesPerStep = 512

export class PlaceChanges {
  readonly #owner: PlaceOwner
  #marks = new Int32Array(64)
  /** The mark, with its lowest bit set, of what was written in this epoch. */
  #current = untracked
  #places: number[] = []
  #removals = new Removals()
  #encoding: SealedPlaces | undefined
  /** Sealed, and neither released nor reopened. */
  #heldCount = 0

  constructor(owner: PlaceOwner) {
    this.#owner = owner
  }

  /** At least as many as entries that are not as they were at the last seal. */
  get count(): number {
    return this.#places.length + this.#removals.length
  }

  /** Entries that were removed since the last seal, one or more times. */
  get removalCount(): number {
    return this.#removals.length
  }

  /** Before a seal whose base is all there is: what is removed is told by what is not there. */
  forgetRemovals(): void {
    this.#removals = new Removals()
  }

  /** Some snapshot knows places by their numbers. */
  get isHeld(): boolean {
    return this.#heldCount > 0
  }

  /** From now on changes are tracked: everything there is is durable. */
  begin(): void {
    assert(this.#current === untracked, 'Changes are tracked already')
    this.#current = 3
  }

  /** Before the entry at a place changes. Called per record. */
  change(place: number): void {
    if (((this.#marks[place] as number) | 1) !== this.#current) this.#changeFirst(place)
  }

  /** After an entry was put at a place that was free. */
  insert(place: number): void {
    if (place >= this.#marks.length) this.#grow(place)
    if (this.#current === untracked) return
    if (((this.#marks[place] as number) | 1) !== this.#current) this.#places.push(place)
    this.#marks[place] = this.#current
  }

  /** Before a place is freed; true where `remove` has to say so of the entry. */
  delete(place: number): boolean {
    if (this.#current === untracked) return false
    const mark = this.#marks[place] as number
    if (mark === this.#current) return false
    if ((mark | 1) !== this.#current) {
      this.#settle(place)
      this.#marks[place] = 0
    }
    return true
  }

  /** The entry of this key, or all entries of its map, have been removed. */
  remove(op: SegmentOp, keyGroup: number, key: unknown, namespace: unknown, mapKey: unknown): void {
    this.#removals.add(op, keyGroup, key, namespace, mapKey)
  }

  /** The entry at place `order[i]` is at place `i` now; all others are free. */
  move(order: Int32Array): void {
    assert(!this.isHeld, 'Places are moved that a snapshot knows')
    const marks = new Int32Array(this.#marks.length)
    const moved = new Int32Array(this.#marks.length).fill(-1)
    for (let place = 0; place < order.length; place++) {
      const from = order[place] as number
      marks[place] = this.#marks[from] as number
      moved[from] = place
    }
    this.#places = this.#places.map((place) => moved[place] as number).filter((place) => place >= 0)
    this.#marks = marks
  }

  /** What is owed is appended to `records`, by `encode` or before it is overwritten. */
  seal(base: KeyGroupRange, records: RecordBuffer): SealedPlaces {
    assert(this.#encoding === undefined, 'Places are sealed while others are encoded')
    const mark = this.#current === untracked ? neverMark : this.#current
    const end = this.#owner.placeCount
    const sealed = new SealedPlaces(this.#places, this.#removals, records, { mark, base, end })
    this.#places = []
    this.#removals = new Removals()
    this.#current += 2
    this.#encoding = sealed
    this.#heldCount++
    return sealed
  }

  *encode(sealed: SealedPlaces): Sliced<void> {
    const { places, removals, base, mark, records } = sealed
    assert(records !== undefined, 'Places are encoded twice')
    const owner = this.#owner
    for (let index = 0; index < removals.length; index++) {
      if (!isInRange(removals.keyGroupAt(index), base)) {
        removals.encode(index, owner.stateId, records)
      }
      if (index % entriesPerStep === 0) yield
    }
    for (let index = 0; index < places.length; index++) {
      const place = places[index] as number
      if (((this.#marks[place] as number) | 1) === mark) {
        if (!owner.isUsed(place)) this.#marks[place] = 0
        else if (!isInRange(owner.keyGroupAt(place), base)) this.#encodeAt(place, sealed, false)
      }
      if (index % entriesPerStep === 0) yield
    }
    if (base.start < base.end) yield* this.#encodeBase(sealed)
    this.#encoding = undefined
    sealed.records = undefined
  }

  /** It is durable. */
  release(): void {
    this.#heldCount--
  }

  /** It will never be durable: what it has is changed since the last seal again. */
  reopen(sealed: SealedPlaces): void {
    this.#heldCount--
    if (this.#encoding === sealed) this.#encoding = undefined
    const owner = this.#owner
    for (const place of sealed.places) {
      if (!owner.isUsed(place)) continue
      owner.onReopened(place)
      if (((this.#marks[place] as number) | 1) === this.#current) continue
      this.#marks[place] = this.#current - 1
      this.#places.push(place)
    }
    sealed.removals.append(this.#removals)
    this.#removals = sealed.removals
  }

  #changeFirst(place: number): void {
    this.#settle(place)
    this.#marks[place] = this.#current - 1
    this.#places.push(place)
  }

  /** Encodes what is owed of a place. */
  #settle(place: number): void {
    const sealed = this.#encoding
    if (sealed === undefined) return
    const isInBase = isInRange(this.#owner.keyGroupAt(place), sealed.base)
    const isOwed = isInBase
      ? place >= sealed.cursor && place < sealed.end
      : ((this.#marks[place] as number) | 1) === sealed.mark
    if (isOwed) this.#encodeAt(place, sealed, isInBase)
  }

  *#encodeBase(sealed: SealedPlaces): Sliced<void> {
    const owner = this.#owner
    for (let step = placesPerStep; sealed.cursor < sealed.end; ) {
      const place = sealed.cursor++
      const isOwed =
        owner.isUsed(place) &&
        ((this.#marks[place] as number) | 1) !== this.#current &&
        isInRange(owner.keyGroupAt(place), sealed.base)
      if (isOwed) this.#encodeAt(place, sealed, true)
      step += isOwed ? placesPerStep / entriesPerStep : 1
      if (step < placesPerStep) continue
      step = 0
      yield
    }
  }

  #encodeAt(place: number, sealed: SealedPlaces, isWhole: boolean): void {
    if (sealed.records !== undefined) this.#owner.encode(place, sealed.records, isWhole)
    this.#marks[place] = 0
  }

  #grow(place: number): void {
    const grown = new Int32Array(Math.max(2 * this.#marks.length, place + 1))
    grown.set(this.#marks)
    this.#marks = grown
  }
}

/** What one table has for a snapshot. */
export class SealedPlaces {
  readonly places: readonly number[]
  readonly removals: Removals
  /** Of what was written in the sealed epoch. */
  readonly mark: number
  readonly base: KeyGroupRange
  /** Places that were there are below it. */
  readonly end: number
  /** Places of the base below it are encoded. */
  cursor = 0
  /** Undefined: all is encoded. */
  records: RecordBuffer | undefined

  constructor(
    places: readonly number[],
    removals: Removals,
    records: RecordBuffer,
    sealed: { readonly mark: number; readonly base: KeyGroupRange; readonly end: number },
  ) {
    this.places = places
    this.removals = removals
    this.records = records
    this.mark = sealed.mark
    this.base = sealed.base
    this.end = sealed.end
  }
}

/** Entries that are no more, in columns: there may be many. */
class Removals {
  readonly #ops: SegmentOp[] = []
  readonly #keyGroups: number[] = []
  readonly #keys: unknown[] = []
  readonly #namespaces: unknown[] = []
  readonly #mapKeys: unknown[] = []

  get length(): number {
    return this.#ops.length
  }

  keyGroupAt(index: number): number {
    return this.#keyGroups[index] as number
  }

  add(op: SegmentOp, keyGroup: number, key: unknown, namespace: unknown, mapKey: unknown): void {
    this.#ops.push(op)
    this.#keyGroups.push(keyGroup)
    this.#keys.push(key)
    this.#namespaces.push(namespace)
    this.#mapKeys.push(mapKey)
  }

  append(later: Removals): void {
    for (let index = 0; index < later.length; index++) {
      this.add(
        later.#ops[index] ?? segmentOp.delete,
        later.keyGroupAt(index),
        later.#keys[index],
        later.#namespaces[index],
        later.#mapKeys[index],
      )
    }
  }

  encode(index: number, stateId: number, records: RecordBuffer): void {
    const op = this.#ops[index] ?? segmentOp.delete
    const namespace = this.#namespaces[index]
    const mapKey = this.#mapKeys[index]
    const flags =
      (namespace === undefined ? 0 : recordFlag.namespace) |
      (mapKey === undefined ? 0 : recordFlag.mapKey)
    const writer = records.begin(op, flags, this.keyGroupAt(index), stateId)
    writeIdentityPart(this.#keys[index], writer)
    if (namespace !== undefined) writeIdentityPart(namespace, writer)
    if (mapKey !== undefined) writeIdentityPart(mapKey, writer)
    records.end()
  }
}
