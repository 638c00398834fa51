import { type ListState, readGeneric, type StateTtlConfig, writeGeneric } from '@millrace/core'
import {
  closePart,
  openPart,
  type RecordBuffer,
  readTouch,
  writeTouch,
} from '../snapshot/record-buffer.ts'
import { recordFlag, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import { copyDefined, copyValue, elementsOf } from './copy-value.ts'
import { HeapState } from './heap-state.ts'

/** A list for each key, element by element. */
export class HeapListState<T> extends HeapState implements ListState<T> {
  get(): T[] {
    const list = this.#list()
    if (list === undefined) return []
    const { ttl } = this
    if (ttl !== undefined) {
      if (!ttl.returnsExpired) this.#removeExpired(this.place)
      if (ttl.touchesOnRead && list.elements.length > 0) {
        this.#changeAll(this.place)
        const now = ttl.now()
        list.touchedAtMs.forEach((atMs, index) => {
          if (!ttl.hasExpiredSince(atMs)) list.touchedAtMs[index] = now
        })
      }
    }
    return list.elements.map((element) => copyValue(element) as T)
  }

  add(element: T): void {
    this.#append(this.#own(element))
  }

  addAll(elements: Iterable<T>): void {
    for (const own of this.#ownAll(elements)) this.#append(own)
  }

  update(elements: Iterable<T>): void {
    const own = this.#ownAll(elements)
    if (own.length > 0 && this.#list() !== undefined) {
      this.#changeAll(this.place)
      this.table.setValueAt(this.place, new List())
    } else {
      this.clear()
    }
    for (const each of own) this.#append(each)
  }

  clear(): void {
    if (this.#list() !== undefined) this.deleteEntry(this.place)
  }

  /** A list counts as its elements, and is cleaned as a whole. */
  override cleanUpExpired(entryCountMax: number): number {
    const { table } = this
    let visited = 0
    let place = this.cursor
    for (; place < table.placeCount && visited < entryCountMax; place++) {
      visited++
      if (!table.isUsed(place)) continue
      visited += (table.valueAt(place) as List).elements.length - 1
      this.#removeExpired(place)
    }
    this.cursor = place === table.placeCount ? 0 : place
    return visited
  }

  override encode(place: number, records: RecordBuffer, isWhole: boolean): void {
    const list = this.table.valueAt(place) as List
    const { elements, touchedAtMs } = list
    const hasTouch = this.ttl !== undefined
    const first = isWhole ? 0 : list.encodedCount
    const op = first === 0 ? segmentOp.put : segmentOp.append
    const flags = hasTouch ? recordFlag.value | recordFlag.touch : recordFlag.value
    const writer = this.beginRecord(op, flags, records, place)
    const start = openPart(writer)
    for (let index = first; index < elements.length; index++) {
      writeGeneric(elements[index], writer)
      if (hasTouch) writeTouch(touchedAtMs[index] as number, writer)
    }
    closePart(writer, start)
    if (hasTouch) writeTouch(touchedAtMs.at(-1) as number, writer)
    records.end()
    list.encodedCount = elements.length
  }

  override onReopened(place: number): void {
    const list = this.table.valueAt(place) as List
    list.encodedCount = 0
  }

  override restore(record: SegmentRecord): void {
    let place = this.findRestored(record)
    if (record.op === segmentOp.delete) {
      if (place >= 0) this.deleteKey(place)
      return
    }
    if (place < 0) {
      place = this.insertRestored(new List())
      this.changes.insert(place)
    } else if (record.op === segmentOp.put) {
      this.table.setValueAt(place, new List())
    }
    const list = this.table.valueAt(place) as List
    const reader = record.valueReader()
    while (reader.position < record.valueEnd) {
      list.elements.push(readGeneric(reader))
      const touchedAtMs = record.hasTouch ? readTouch(reader) : this.ttl?.now()
      if (this.ttl !== undefined && touchedAtMs !== undefined) list.touchedAtMs.push(touchedAtMs)
    }
    list.encodedCount = list.elements.length
  }

  protected override setTtl(config: StateTtlConfig | null): void {
    const hadTtl = this.ttl !== undefined
    super.setTtl(config)
    const { ttl, table } = this
    if (hadTtl === (ttl !== undefined)) return
    for (let place = 0; place < table.placeCount; place++) {
      if (!table.isUsed(place)) continue
      const { elements, touchedAtMs } = table.valueAt(place) as List
      touchedAtMs.length = 0
      if (ttl !== undefined) for (const _ of elements) touchedAtMs.push(ttl.now())
    }
  }

  /** The next record of the list at this place has all of it. Before it is changed. */
  #changeAll(place: number): void {
    this.changes.change(place)
    const list = this.table.valueAt(place) as List
    list.encodedCount = 0
  }

  #own(element: unknown): unknown {
    const own = copyDefined(element, 'An element of a list')
    this.declaration.valueType.require(own, this.backend.currentKey)
    return own
  }

  /** Before the state is touched: one that cannot be kept leaves it as it was. */
  #ownAll(elements: Iterable<unknown>): unknown[] {
    return Array.from(elementsOf(elements), (element) => this.#own(element))
  }

  #list(): List | undefined {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    return this.place < 0 ? undefined : (this.table.valueAt(this.place) as List)
  }

  #append(own: unknown): void {
    let list = this.#list()
    if (list === undefined) {
      list = new List()
      this.insert(list)
      this.changes.insert(this.place)
    } else {
      this.changes.change(this.place)
    }
    list.elements.push(own)
    if (this.ttl !== undefined) list.touchedAtMs.push(this.ttl.now())
  }

  /** Takes out of the list at a place what has expired, and the list if nothing is left. */
  #removeExpired(place: number): void {
    const { ttl } = this
    const list = this.table.valueAt(place) as List
    if (ttl === undefined) return
    const before = list.elements.length
    if (!list.touchedAtMs.some((atMs) => ttl.hasExpiredSince(atMs))) return
    this.#changeAll(place)
    let kept = 0
    for (let i = 0; i < before; i++) {
      const atMs = list.touchedAtMs[i] as number
      if (ttl.hasExpiredSince(atMs)) continue
      list.elements[kept] = list.elements[i]
      list.touchedAtMs[kept++] = atMs
    }
    list.elements.length = kept
    list.touchedAtMs.length = kept
    this.backend.expiredCount += before - kept
    if (kept === 0) this.deleteEntry(place)
  }
}

class List {
  readonly elements: unknown[] = []
  /** Of each element; empty where nothing expires. */
  readonly touchedAtMs: number[] = []
  /** So many elements, from the first, are what the snapshots so far have of it. */
  encodedCount = 0
}
