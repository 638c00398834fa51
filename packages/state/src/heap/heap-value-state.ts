import { detachString, MillraceError } from '@millrace/core'
import type { KeyedValueState, StateDescriptor } from '../keyed-state-backend.ts'
import { copyValue } from './copy-value.ts'
import type { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'
import { KeyTable } from './key-table.ts'

/** One table of values. The current key is looked up once for each record. */
export class HeapValueState<T> implements KeyedValueState<T> {
  readonly descriptor: StateDescriptor
  readonly #backend: HeapKeyedStateBackend
  readonly #table = new KeyTable()
  /** Of the current key in the table; -1: it has no value. */
  #place = -1
  /** The backend's record number that `#place` was looked up for. */
  #recordNumber = -1

  constructor(descriptor: StateDescriptor, backend: HeapKeyedStateBackend) {
    this.descriptor = descriptor
    this.#backend = backend
  }

  get size(): number {
    return this.#table.size
  }

  value(): T | undefined {
    if (this.#recordNumber !== this.#backend.recordNumber) this.#lookUp()
    const place = this.#place
    if (place < 0) return undefined
    const value = this.#table.valueAt(place) as T
    // Numbers, the commonest state, are not worth a call.
    return typeof value === 'number' ? value : copyValue(value)
  }

  update(value: T | undefined): void {
    if (this.#recordNumber !== this.#backend.recordNumber) this.#lookUp()
    if (value === undefined) {
      this.clear()
      return
    }
    const own = typeof value === 'number' ? value : copyValue(value)
    const place = this.#place
    if (place < 0) this.#insert(own)
    else this.#table.setValueAt(place, own)
  }

  clear(): void {
    if (this.#recordNumber !== this.#backend.recordNumber) this.#lookUp()
    if (this.#place < 0) return
    this.#table.delete(this.#place, this.#backend.currentHash)
    this.#place = -1
  }

  #lookUp(): void {
    const backend = this.#backend
    if (backend.currentKey === undefined) throw noKey(this.descriptor.name)
    this.#place = this.#table.find(backend.keyIdentity(), backend.currentHash)
    this.#recordNumber = backend.recordNumber
  }

  #insert(value: unknown): void {
    const identity = this.#backend.keyIdentity()
    const key = typeof identity === 'string' ? detachString(identity) : identity
    this.#place = this.#table.insert(key, this.#backend.currentHash, value)
  }
}

function noKey(name: string): MillraceError {
  return new MillraceError(
    'KEY_INVALID',
    `State '${name}' was used outside of a record that has a key. Keyed state belongs to the key ` +
      `of the record being processed: use it in a function of a KeyedStream, not in open or ` +
      `close.`,
    { blame: 'user' },
  )
}
