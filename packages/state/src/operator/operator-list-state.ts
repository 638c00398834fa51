import type { ListState, ListStateDescription } from '@millrace/core'
import { copyValue, elementsOf } from '../heap/copy-value.ts'
import { requireOfType, type ValueCheck } from './value-check.ts'

/** The list of one subtask, in memory. */
export class OperatorListState<T> implements ListState<T> {
  readonly mode: 'split' | 'union'
  readonly #check: ValueCheck
  #items: T[] = []

  constructor({ name, elementType }: ListStateDescription<T>, mode: 'split' | 'union') {
    this.mode = mode
    this.#check = requireOfType(`An element of operator state '${name}'`, elementType)
  }

  items(): readonly T[] {
    return this.#items
  }

  get(): T[] {
    return this.#items.map(copyValue)
  }

  add(element: T): void {
    this.#items.push(this.#own(element))
  }

  addAll(elements: Iterable<T>): void {
    const own = Array.from(elementsOf(elements), (element) => this.#own(element))
    this.#items = this.#items.concat(own)
  }

  update(elements: Iterable<T>): void {
    this.#items = Array.from(elementsOf(elements), (element) => this.#own(element))
  }

  clear(): void {
    this.#items = []
  }

  #own(element: T): T {
    this.#check(element)
    return copyValue(element)
  }
}
