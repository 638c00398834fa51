import { type ValueState, writeGeneric } from '@millrace/core'
import { closePart, openPart, type RecordBuffer, writeTouch } from '../snapshot/record-buffer.ts'
import { recordFlag, segmentOp } from '../snapshot/segment-format.ts'
import type { SegmentRecord } from '../snapshot/segment-record.ts'
import { copyValue } from './copy-value.ts'
import { HeapState } from './heap-state.ts'

/** One value for each key: the table's own. */
export class HeapValueState<T> extends HeapState implements ValueState<T> {
  value(): T | undefined {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    const { place } = this
    if (place < 0 || (this.ttl !== undefined && !this.isReadable(place))) return undefined
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
    const isOwn = typeof value === 'number' && this.takesNumbers
    const own = isOwn ? value : this.#own(value)
    if (this.place < 0) {
      this.insert(own)
      this.changes.insert(this.place)
    } else {
      this.changes.change(this.place)
      this.table.setValueAt(this.place, own)
    }
    if (this.ttl !== undefined) this.ttl.touch(this.place)
  }

  clear(): void {
    if (this.recordNumber !== this.backend.recordNumber) this.seek()
    if (this.place >= 0) this.deleteEntry(this.place)
  }

  override encode(place: number, records: RecordBuffer): void {
    const { ttl } = this
    const flags = ttl === undefined ? recordFlag.value : recordFlag.value | recordFlag.touch
    const writer = this.beginRecord(segmentOp.put, flags, records, place)
    const start = openPart(writer)
    writeGeneric(this.table.valueAt(place), writer)
    closePart(writer, start)
    if (ttl !== undefined) writeTouch(ttl.touchedAt(place), writer)
    records.end()
  }

  override expect(entryCount: number): void {
    this.table.reserve(entryCount)
  }

  override restore(record: SegmentRecord): void {
    let place = this.findRestored(record)
    if (record.op === segmentOp.delete) {
      if (place >= 0) this.deleteKey(place)
      return
    }
    const value = record.value()
    if (place >= 0) {
      this.table.setValueAt(place, value)
    } else {
      place = this.insertRestored(value)
      this.changes.insert(place)
    }
    this.ttl?.setTouchedAt(place, record.hasTouch ? record.touchedAtMs : this.ttl.now())
  }

  #own(value: T): T {
    const own = copyValue(value)
    this.declaration.valueType.require(own, this.backend.currentKey)
    return own
  }
}
