// What a function sees of its keyed state. All calls concern the key of the record being
// processed. No reference crosses this border: what was passed stays the caller's, and what comes
// out is the caller's own, so changing it changes nothing until it is written again.

/** One value for each key. */
export interface ValueState<T> {
  /** The value of the current key, or undefined where none was set. */
  value(): T | undefined
  /** Sets it; undefined clears it. */
  update(value: T | undefined): void
  clear(): void
}

/** A list for each key. */
export interface ListState<T> {
  /** The elements in the order in which they were added; none where there is no list. */
  get(): T[]
  /** Appends one; costs nothing for those that are there. */
  add(element: T): void
  addAll(elements: Iterable<T>): void
  /** Replaces the whole list; no elements clear it. */
  update(elements: Iterable<T>): void
  clear(): void
}

/**
 * A map for each key. Each entry is read and written by itself, so a map may be large. Its keys may
 * be what keys of a stream may be, and equal ones are one: `-0` is `0`, an object is its fields.
 */
export interface MapState<K, V> {
  get(key: K): V | undefined
  put(key: K, value: V): void
  putAll(entries: Iterable<readonly [K, V]>): void
  remove(key: K): void
  contains(key: K): boolean
  /**
   * In no order that is promised. An entry that is removed while iterating and was not reached yet
   * does not come; what is put may come or not.
   */
  entries(): IterableIterator<[K, V]>
  keys(): IterableIterator<K>
  values(): IterableIterator<V>
  isEmpty(): boolean
  clear(): void
}

/** One value for each key, into which all that is added is reduced. */
export interface ReducingState<T> {
  get(): T | undefined
  add(value: T): void
  clear(): void
}

/** One accumulator for each key: what is added is of another type than what comes out. */
export interface AggregatingState<In, Out> {
  /** The result so far, or undefined where nothing was added. */
  get(): Out | undefined
  add(value: In): void
  clear(): void
}
