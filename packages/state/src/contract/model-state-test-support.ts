import {
  type AggregateFunction,
  type AggregatingState,
  encodeKey,
  type ListState,
  type MapState,
  type ReducingState,
  type StateTtlConfig,
  type ValueState,
} from '@millrace/core'

interface Entry {
  readonly key: unknown
  readonly value: unknown
  touchedAtMs: number
}

/** What all model states share: which key and namespace, what time. */
export interface ModelScope {
  readonly cell: string
  readonly nowMs: number
}

/** All of one state, as simply as it can be said: entries by cell, and by id in a cell. */
export class ModelEntries {
  readonly #scope: ModelScope
  readonly #ttl: StateTtlConfig | undefined
  readonly #cells = new Map<string, Map<string, Entry>>()

  constructor(scope: ModelScope, ttl: StateTtlConfig | undefined) {
    this.#scope = scope
    this.#ttl = ttl
  }

  /** The same entries, apart from now on. */
  copy(scope: ModelScope): ModelEntries {
    const copy = new ModelEntries(scope, this.#ttl)
    for (const [name, cell] of this.#cells) copy.#cells.set(name, structuredClone(cell))
    return copy
  }

  /** What can be read; reading touches it where that is configured. */
  read(ids?: string): readonly Entry[] {
    const cell = this.#cell()
    const found: Entry[] = []
    for (const [id, entry] of cell) {
      if (ids !== undefined && id !== ids) continue
      if (!this.#hasExpired(entry)) {
        if (this.#ttl?.update === 'on-read-and-write') entry.touchedAtMs = this.#scope.nowMs
      } else if (this.#ttl?.visibility !== 'return-expired-if-not-cleaned-up') {
        continue
      }
      found.push(structuredClone(entry))
    }
    return found
  }

  isEmpty(): boolean {
    const returnsExpired = this.#ttl?.visibility === 'return-expired-if-not-cleaned-up'
    return ![...this.#cell().values()].some((entry) => returnsExpired || !this.#hasExpired(entry))
  }

  write(id: string, key: unknown, value: unknown): void {
    const entry = structuredClone({ key, value, touchedAtMs: this.#scope.nowMs })
    this.#cell().set(id, entry)
  }

  remove(id: string): void {
    this.#cell().delete(id)
  }

  clear(): void {
    this.#cell().clear()
  }

  cleanUp(): void {
    for (const cell of this.#cells.values()) {
      for (const [id, entry] of cell) if (this.#hasExpired(entry)) cell.delete(id)
    }
  }

  #cell(): Map<string, Entry> {
    const cell = this.#cells.get(this.#scope.cell) ?? new Map<string, Entry>()
    this.#cells.set(this.#scope.cell, cell)
    return cell
  }

  #hasExpired({ touchedAtMs }: Entry): boolean {
    return this.#ttl !== undefined && touchedAtMs + this.#ttl.ms <= this.#scope.nowMs
  }
}

export function modelValue<T>(entries: ModelEntries): ValueState<T> {
  return {
    value: () => entries.read()[0]?.value as T | undefined,
    update: (value) => (value === undefined ? entries.clear() : entries.write('', '', value)),
    clear: () => entries.clear(),
  }
}

export function modelList<T>(entries: ModelEntries): ListState<T> {
  let count = 0
  const add = (element: T): void => entries.write(String(count++), '', element)
  return {
    get: () => entries.read().map(({ value }) => value as T),
    add,
    addAll: (elements) => [...elements].forEach(add),
    update: (elements) => {
      entries.clear()
      for (const element of elements) add(element)
    },
    clear: () => entries.clear(),
  }
}

export function modelMap<K, V>(entries: ModelEntries): MapState<K, V> {
  const put = (key: K, value: V): void => entries.write(keyText(key), key, value)
  return {
    get: (key) => entries.read(keyText(key))[0]?.value as V | undefined,
    put,
    putAll: (all) => {
      for (const [key, value] of all) put(key, value)
    },
    remove: (key) => entries.remove(keyText(key)),
    contains: (key) => entries.read(keyText(key)).length > 0,
    entries: () =>
      entries
        .read()
        .map(({ key, value }): [K, V] => [key as K, value as V])
        .values(),
    keys: () =>
      entries
        .read()
        .map(({ key }) => key as K)
        .values(),
    values: () =>
      entries
        .read()
        .map(({ value }) => value as V)
        .values(),
    isEmpty: () => entries.isEmpty(),
    clear: () => entries.clear(),
  }
}

export function modelReducing<T>(
  entries: ModelEntries,
  reduce: (left: T, right: T) => T,
): ReducingState<T> {
  const state = modelValue<T>(entries)
  return {
    get: () => state.value(),
    add: (value) => {
      const soFar = state.value()
      state.update(soFar === undefined ? value : reduce(soFar, structuredClone(value)))
    },
    clear: () => state.clear(),
  }
}

export function modelAggregating<In, Accumulator, Out>(
  entries: ModelEntries,
  aggregate: AggregateFunction<In, Accumulator, Out>,
): AggregatingState<In, Out> {
  const state = modelValue<Accumulator>(entries)
  return {
    get: () => {
      const accumulator = state.value()
      return accumulator === undefined ? undefined : aggregate.getResult(accumulator)
    },
    add: (value) => {
      const accumulator = state.value() ?? aggregate.createAccumulator()
      state.update(aggregate.add(structuredClone(value), accumulator))
    },
    clear: () => state.clear(),
  }
}

/** Equal for equal keys. */
export function keyText(key: unknown): string {
  return Buffer.from(encodeKey(key)).toString('hex')
}
