import {
  type AggregatingStateDescription,
  type ListStateDescription,
  type MapStateDescription,
  MillraceError,
  type OperatorId,
  type OperatorStateMode,
  type ReducingStateDescription,
  type StateDescription,
  type ValueStateDescription,
} from '@millrace/core'
import type { ListEntry, MapEntry, SavedEntry, ValueEntry } from '../inspect/saved-entry.ts'
import type { SavedOperator } from '../inspect/saved-states.ts'
import type { NewEntry } from './output-state.ts'

/** An entry of a value, reducing or aggregating state that is added. */
export type NewValueEntry<Value> = Pick<NewEntry, 'key' | 'namespace' | 'touchedAtMs'> & {
  readonly value: Value
}

/** Elements that are added to the list of a key. */
export type NewListEntry<Element> = Pick<NewEntry, 'key' | 'namespace' | 'lives'> & {
  readonly value: readonly Element[]
}

/** An entry that is added to the map of a key. */
export type NewMapEntry<MapKey, Value> = NewValueEntry<Value> & { readonly mapKey: MapKey }

/** What comes one after the other. */
export type Entries<Entry> = Iterable<Entry> | AsyncIterable<Entry>

/** Any state of a key that is one value. */
type SingleStateDescription<Value> =
  | ValueStateDescription<Value>
  | ReducingStateDescription<Value>
  | AggregatingStateDescription<never, Value, unknown>

export interface TransformedState {
  readonly transform: (entry: SavedEntry) => unknown
  readonly target: StateDescription
}

/** Operator state that is written anew; items of broadcast state are `[key, value]`. */
export interface NewOperatorState {
  readonly mode: OperatorStateMode
  readonly description: ListStateDescription<unknown> | MapStateDescription<unknown, unknown>
  readonly items: Entries<unknown>
}

/**
 * What is to become of the state of one operator. What nothing is said of is kept as it is: other
 * states, timers, operator state, and the state of the coordinator. Nothing is read or written
 * before the savepoint is.
 */
export class OperatorWriter {
  readonly operatorId: OperatorId
  readonly name: string
  readonly parallelism: number
  readonly dropped: Set<string> = new Set()
  readonly transformed: Map<string, TransformedState> = new Map()
  readonly added: Map<string, { description: StateDescription; entries: Entries<NewEntry> }> =
    new Map()
  readonly operatorStates: Map<string, NewOperatorState> = new Map()
  readonly #saved: SavedOperator | undefined

  /** `saved`: what there is of it already. */
  constructor(
    operator: Pick<SavedOperator, 'operatorId' | 'name' | 'parallelism'>,
    saved: SavedOperator | undefined,
  ) {
    this.operatorId = operator.operatorId
    this.name = operator.name
    this.parallelism = operator.parallelism
    this.#saved = saved
  }

  /** What there is of it already. */
  get saved(): SavedOperator | undefined {
    return this.#saved
  }

  /**
   * Leaves out a keyed state, timers, or operator state of this name.
   *
   * @throws MillraceError STATE_NOT_FOUND
   */
  dropState(name: string): this {
    this.#requireSaved(name)
    this.dropped.add(name)
    return this
  }

  /**
   * Gives each entry of a keyed state another value: what `transform` returns, undefined for none.
   * Keys and times of the last touch stay. The state is written as `target` describes it, by
   * default as before; of another name if that says so. Of a list the value is the array of its
   * elements.
   *
   * @throws MillraceError STATE_NOT_FOUND, STATE_INCOMPATIBLE where it is of another kind,
   *   STATE_NAME_DUPLICATE
   */
  transformState<Value, Next = Value>(
    source: SingleStateDescription<Value>,
    transform: (entry: ValueEntry<unknown, Value>) => Next | undefined,
    target?: SingleStateDescription<Next>,
  ): this
  transformState<Element, Next = Element>(
    source: ListStateDescription<Element>,
    transform: (entry: ListEntry<unknown, Element>) => readonly Next[] | undefined,
    target?: ListStateDescription<Next>,
  ): this
  transformState<MapKey, Value, Next = Value>(
    source: MapStateDescription<MapKey, Value>,
    transform: (entry: MapEntry<unknown, MapKey, Value>) => Next | undefined,
    target?: MapStateDescription<MapKey, Next>,
  ): this
  transformState(
    source: { readonly name: string; readonly kind: StateDescription['kind'] },
    transform: (entry: never) => unknown,
    target: object = source,
  ): this {
    const description = target as StateDescription
    this.#requireSaved(source.name)
    const kind = this.saved?.keyedStates.find(({ name }) => name === source.name)?.kind
    for (const asked of [source.kind, description.kind]) {
      if (kind !== asked) throw this.#incompatible(source.name, kind ?? 'operator', asked)
    }
    if (description.name !== source.name) this.#requireFree(description.name)
    this.transformed.set(source.name, {
      transform: transform as TransformedState['transform'],
      target: description,
    })
    return this
  }

  /**
   * Adds a keyed state. Entries come in any order, and as many as there are: what does not fit into
   * memory waits on disk. Of several values for one key the last one holds; lists grow.
   *
   * @throws MillraceError STATE_NAME_DUPLICATE where there is such a state that is not dropped.
   */
  addState<Value>(
    description: SingleStateDescription<Value>,
    entries: Entries<NewValueEntry<Value>>,
  ): this
  addState<Element>(
    description: ListStateDescription<Element>,
    entries: Entries<NewListEntry<Element>>,
  ): this
  addState<MapKey, Value>(
    description: MapStateDescription<MapKey, Value>,
    entries: Entries<NewMapEntry<MapKey, Value>>,
  ): this
  addState(description: object, entries: Entries<NewEntry>): this {
    const added = description as StateDescription
    this.#requireFree(added.name)
    this.added.set(added.name, { description: added, entries })
    return this
  }

  /**
   * Writes an operator list, dealt out evenly to the subtasks, in place of the one there may be.
   * It has to fit into memory, as it has to in the job.
   */
  setListState<Item>(
    description: ListStateDescription<Item>,
    items: Entries<Item>,
    mode: 'split' | 'union' = 'split',
  ): this {
    return this.#setOperatorState(description, items, mode)
  }

  /** Writes broadcast state in place of the one there may be. */
  setBroadcastState<Key, Value>(
    description: MapStateDescription<Key, Value>,
    entries: Entries<readonly [Key, Value]>,
  ): this {
    return this.#setOperatorState(description, entries, 'broadcast')
  }

  #setOperatorState(
    description: { readonly name: string },
    items: Entries<unknown>,
    mode: OperatorStateMode,
  ): this {
    const { name } = description
    const isKeyed = this.saved?.keyedStates.some((state) => state.name === name) === true
    if ((isKeyed && !this.dropped.has(name)) || this.added.has(name)) throw this.#duplicate(name)
    const own = description as NewOperatorState['description']
    this.operatorStates.set(name, { mode, description: own, items })
    return this
  }

  #requireSaved(name: string): void {
    const states = [...(this.saved?.keyedStates ?? []), ...(this.saved?.operatorStates ?? [])]
    if (states.some((state) => state.name === name)) return
    const all = states.map((state) => `'${state.name}'`).join(', ')
    throw new MillraceError(
      'STATE_NOT_FOUND',
      `Operator '${this.name}' has no state '${name}'. It has ${all === '' ? 'none' : all}.`,
      { blame: 'user', disposition: 'reject-request', details: { state: name } },
    )
  }

  #requireFree(name: string): void {
    const targets = [...this.transformed.values()].map(({ target }) => target.name)
    const isSaved =
      !this.dropped.has(name) &&
      !this.#isRenamed(name) &&
      [...(this.saved?.keyedStates ?? []), ...(this.saved?.operatorStates ?? [])].some(
        (state) => state.name === name,
      )
    const isTaken = this.added.has(name) || this.operatorStates.has(name)
    if (isSaved || isTaken || targets.includes(name)) throw this.#duplicate(name)
  }

  #isRenamed(name: string): boolean {
    const transformed = this.transformed.get(name)
    return transformed !== undefined && transformed.target.name !== name
  }

  #duplicate(name: string): MillraceError {
    return new MillraceError(
      'STATE_NAME_DUPLICATE',
      `Operator '${this.name}' would have two states '${name}'. Drop the one there is first, or ` +
        'give the other one another name.',
      { blame: 'user', disposition: 'reject-request', details: { state: name } },
    )
  }

  #incompatible(state: string, saved: string, asked: string): MillraceError {
    return new MillraceError(
      'STATE_INCOMPATIBLE',
      `State '${state}' of operator '${this.name}' was saved as one of kind '${saved}', and is ` +
        `transformed as one of kind '${asked}'. Transform it as it was saved; to make another ` +
        'kind of it, drop it and add what a reader yields.',
      { blame: 'user', disposition: 'reject-request', details: { state } },
    )
  }
}
