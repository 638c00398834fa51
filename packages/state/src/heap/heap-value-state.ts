import type { ValueState } from '@millrace/core'
import { copyValue } from './copy-value.ts'
import { HeapState } from './heap-state.ts'

/** One value for each key: the table's own. */
export class HeapValueState<T> extends HeapState implements ValueState<T> {
  value(): T | undefined {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    const { place } = this
    if (place < 0 || (this.ttl !== undefined && !this.#isReadable(place))) return undefined
    const value = this.table.valueAt(place) as T
    // Numbers, the commonest state, are not worth a call.
    return typeof value === 'number' ? value : copyValue(value)
  }

  update(value: T | undefined): void {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    if (value === undefined) {
      this.clear()
      return
    }
    const own = typeof value === 'number' ? value : copyValue(value)
    if (this.place < 0) this.insert(own)
    else this.table.setValueAt(this.place, own)
    if (this.ttl !== undefined) this.ttl.touch(this.place)
  }

  clear(): void {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    if (this.place < 0) return
    this.table.delete(this.place)
    this.place = -1
  }

  override cleanUpExpired(entryCountMax: number): number {
    const { table, ttl } = this
    const start = this.cursor
    const end = Math.min(table.placeCount, start + entryCountMax)
    for (let place = start; place < end; place++) {
      if (table.isUsed(place) && ttl?.hasExpired(place) === true) this.#expire(place)
    }
    this.cursor = end === table.placeCount ? 0 : end
    return end - start
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
    this.table.delete(place)
    if (this.place === place) this.place = -1
    this.backend.expiredCount++
  }
}
