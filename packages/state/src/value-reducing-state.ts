import {
  MillraceError,
  type ReducingState,
  type ReducingStateDescription,
  type ValueState,
} from '@millrace/core'
import type { Namespaced } from './keyed-state-backend.ts'

/** Reducing state on any backend: its value is what was reduced so far. */
export class ValueReducingState<T> implements Namespaced<ReducingState<T>> {
  readonly #description: ReducingStateDescription<T>
  readonly #reduced: Namespaced<ValueState<T>>

  constructor(description: ReducingStateDescription<T>, reduced: Namespaced<ValueState<T>>) {
    this.#description = description
    this.#reduced = reduced
  }

  get(): T | undefined {
    return this.#reduced.value()
  }

  add(value: T): void {
    const { name, reduceFunction } = this.#description
    const soFar = this.#reduced.value()
    const reduced = soFar === undefined ? value : reduceFunction.reduce(soFar, value)
    this.#reduced.update(defined(reduced, name))
  }

  clear(): void {
    this.#reduced.clear()
  }

  setCurrentNamespace(namespace: unknown): void {
    this.#reduced.setCurrentNamespace(namespace)
  }
}

/** What is kept of a state that something is added to. */
export function defined<T>(kept: T, name: string): T {
  if (kept !== undefined) return kept
  throw new MillraceError(
    'RECORD_TYPE_MISMATCH',
    `What was added to state '${name}' made it undefined. Return the new value from its ` +
      'function, and add no undefined; clear() is what empties a state.',
    { blame: 'user' },
  )
}
