import type { ListState } from '@millrace/core'
import { copyDefined, copyValue } from './copy-value.ts'
import { HeapState } from './heap-state.ts'

/** A list for each key, element by element. */
export class HeapListState<T> extends HeapState implements ListState<T> {
  get(): T[] {
    const list = this.#list()
    if (list === undefined) return []
    const { ttl } = this
    if (ttl !== undefined) {
      if (!ttl.returnsExpired) this.#expire(this.place)
      if (ttl.touchesOnRead) {
        const now = ttl.now()
        list.touchedAtMs.forEach((atMs, index) => {
          if (!ttl.hasExpiredSince(atMs)) list.touchedAtMs[index] = now
        })
      }
    }
    return list.elements.map((element) => copyValue(element) as T)
  }

  add(element: T): void {
    this.#append(copyDefined(element, 'An element of a list'))
  }

  addAll(elements: Iterable<T>): void {
    for (const own of copyAll(elements)) this.#append(own)
  }

  update(elements: Iterable<T>): void {
    const own = copyAll(elements)
    this.clear()
    for (const each of own) this.#append(each)
  }

  clear(): void {
    if (this.#list() === undefined) return
    this.table.delete(this.place)
    this.place = -1
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
      this.#expire(place)
    }
    this.cursor = place === table.placeCount ? 0 : place
    return visited
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
    }
    list.elements.push(own)
    if (this.ttl !== undefined) list.touchedAtMs.push(this.ttl.now())
  }

  /** Takes out of the list at a place what has expired, and the list if nothing is left. */
  #expire(place: number): void {
    const { ttl } = this
    const list = this.table.valueAt(place) as List
    if (ttl === undefined) return
    const before = list.elements.length
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
    if (kept > 0) return
    this.table.delete(place)
    if (this.place === place) this.place = -1
  }
}

class List {
  readonly elements: unknown[] = []
  /** Of each element; empty where nothing expires. */
  readonly touchedAtMs: number[] = []
}

/** Before the state is touched: one that cannot be copied leaves it as it was. */
function copyAll(elements: Iterable<unknown>): unknown[] {
  return Array.from(elements, (element) => copyDefined(element, 'An element of a list'))
}
