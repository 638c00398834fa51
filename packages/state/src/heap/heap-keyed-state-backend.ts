import { keyIdentity } from '@millrace/core'
import type { KeyedStateBackend, KeyedValueState, StateDescriptor } from '../keyed-state-backend.ts'
import { HeapValueState } from './heap-value-state.ts'

/** Keyed state on the JavaScript heap: a table for each state. */
export class HeapKeyedStateBackend implements KeyedStateBackend {
  currentKey: unknown = undefined
  currentHash = 0
  /** Counts the calls of `setCurrentKey`: what was looked up before is of another key. */
  recordNumber = 0
  readonly #states = new Map<string, HeapValueState<unknown>>()

  setCurrentKey(key: unknown, hash: number): void {
    this.currentKey = key
    this.currentHash = hash
    this.recordNumber++
  }

  /** What the current key is compared by. */
  keyIdentity(): unknown {
    const key = this.currentKey
    if (typeof key === 'number' && !Number.isNaN(key)) return key
    return keyIdentity(key)
  }

  getValueState<T>(descriptor: StateDescriptor): KeyedValueState<T> {
    let state = this.#states.get(descriptor.name)
    if (state === undefined) {
      state = new HeapValueState<unknown>(descriptor, this)
      this.#states.set(descriptor.name, state)
    }
    return state as HeapValueState<T>
  }

  close(): void {
    this.#states.clear()
    this.currentKey = undefined
  }
}
