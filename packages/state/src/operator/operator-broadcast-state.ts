import {
  type BroadcastState,
  keyIdentity,
  keyOfIdentity,
  type MapStateDescription,
} from '@millrace/core'
import { copyValue } from '../heap/copy-value.ts'
import { requireOfType, type ValueCheck } from './value-check.ts'

/** A map that every subtask has; its entries stay in the order in which keys were first put. */
export class OperatorBroadcastState<K, V> implements BroadcastState<K, V> {
  readonly mode = 'broadcast'
  readonly #checkKey: ValueCheck
  readonly #checkValue: ValueCheck
  readonly #values = new Map<unknown, V>()

  constructor({ name, keyType, valueType }: MapStateDescription<K, V>) {
    this.#checkKey = requireOfType(`A key of broadcast state '${name}'`, keyType)
    this.#checkValue = requireOfType(`A value of broadcast state '${name}'`, valueType)
  }

  items(): readonly (readonly [K, V])[] {
    return Array.from(this.#values, ([identity, value]) => [keyOfIdentity(identity) as K, value])
  }

  get(key: K): V | undefined {
    return copyValue(this.#values.get(keyIdentity(key)))
  }

  contains(key: K): boolean {
    return this.#values.has(keyIdentity(key))
  }

  put(key: K, value: V): void {
    this.#checkKey(key)
    this.#checkValue(value)
    this.#values.set(keyIdentity(key), copyValue(value))
  }

  putAll(entries: Iterable<readonly [K, V]>): void {
    for (const [key, value] of entries) this.put(key, value)
  }

  remove(key: K): void {
    this.#values.delete(keyIdentity(key))
  }

  *entries(): Generator<[K, V], undefined> {
    for (const [identity, value] of this.#values) {
      yield [keyOfIdentity(identity) as K, copyValue(value)]
    }
  }

  *keys(): Generator<K, undefined> {
    for (const identity of this.#values.keys()) yield keyOfIdentity(identity) as K
  }

  *values(): Generator<V, undefined> {
    for (const value of this.#values.values()) yield copyValue(value)
  }

  isEmpty(): boolean {
    return this.#values.size === 0
  }

  clear(): void {
    this.#values.clear()
  }
}
