import type { TypeDescriptor } from '@millrace/core'

/** Names a state and says of what type its values are; `undefined`: the generic encoding. */
export interface StateDescriptor {
  readonly name: string
  readonly type: { readonly descriptor: TypeDescriptor } | undefined
}

/** One value for each key. All calls concern the backend's current key. */
export interface KeyedValueState<T> {
  /** The value, or undefined where none was set. What it returns is the caller's own. */
  value(): T | undefined
  /** Sets it; undefined clears it. What was passed stays the caller's own. */
  update(value: T | undefined): void
  clear(): void
}

/** The working copy of the keyed state of one operator's subtask. Called from one thread. */
export interface KeyedStateBackend {
  /** The key of the record at hand; undefined where it came from a stream without keys. */
  readonly currentKey: unknown
  /** `hashKey` of the current key. */
  readonly currentHash: number
  /** All that follows concerns this key. `hash` is `hashKey(key)`. Called per record. */
  setCurrentKey(key: unknown, hash: number): void
  /** The state of that name, always the same object. */
  getValueState<T>(descriptor: StateDescriptor): KeyedValueState<T>
  /** Nothing is called after it. */
  close(): void
}
