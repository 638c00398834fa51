import {
  type BroadcastState,
  keyIdentity,
  keyOfIdentity,
  type ListState,
  MillraceError,
} from '@millrace/core'

// What operators are given when they are only asked which states they have: operator state that
// begins with nothing, and keyed state, which cannot be used outside of a record anyway.

/** A list of operator state. */
export class ListItems<T> implements ListState<T> {
  #items: T[] = []

  get(): T[] {
    return [...this.#items]
  }

  add(element: T): void {
    this.#items.push(element)
  }

  addAll(elements: Iterable<T>): void {
    this.#items.push(...elements)
  }

  update(elements: Iterable<T>): void {
    this.#items = [...elements]
  }

  clear(): void {
    this.#items = []
  }
}

/** Broadcast state. */
export class BroadcastItems<K, V> implements BroadcastState<K, V> {
  readonly #values = new Map<unknown, V>()

  get(key: K): V | undefined {
    return this.#values.get(keyIdentity(key))
  }

  contains(key: K): boolean {
    return this.#values.has(keyIdentity(key))
  }

  put(key: K, value: V): void {
    this.#values.set(keyIdentity(key), value)
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  remove(key: K): void {
    this.#values.delete(keyIdentity(key))
  }

  *entries(): Generator<[K, V], undefined> {
    for (const [identity, value] of this.#values) yield [keyOfIdentity(identity) as K, value]
  }

  *keys(): Generator<K, undefined> {
    for (const identity of this.#values.keys()) yield keyOfIdentity(identity) as K
  }

  values(): MapIterator<V> {
    return this.#values.values()
  }

  isEmpty(): boolean {
    return this.#values.size === 0
  }

  clear(): void {
    this.#values.clear()
  }
}

/** The error of any use of keyed state where there is no record. */
export function noCurrentKey(what: string): MillraceError {
  return new MillraceError(
    'KEY_INVALID',
    `${what} was used outside of a record that has a key: use it while a record is processed, ` +
      'not in open or close.',
    { blame: 'user' },
  )
}

/** Keyed state of any kind: can be kept for later, no more. */
export function unusableState(name: string): object {
  const refuse = (): never => {
    throw noCurrentKey(`State '${name}'`)
  }
  const methods = [
    ...['value', 'update', 'clear', 'get', 'add', 'addAll', 'put', 'putAll', 'remove', 'contains'],
    ...['entries', 'keys', 'values', 'isEmpty'],
  ]
  return Object.fromEntries(methods.map((method) => [method, refuse]))
}
