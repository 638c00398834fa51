import {
  type AggregatingStateDescription,
  type ListStateDescription,
  type MapStateDescription,
  MillraceError,
  type ReducingStateDescription,
  type TypeInformation,
  type ValueStateDescription,
} from '@millrace/core'
import { nearest } from '@millrace/core/config'
import { DeclaredType } from '../declared-type.ts'
import { type ScannedContent, scanKeyedState } from './keyed-scan.ts'
import { readItems, type SavedItem } from './operator-items.ts'
import {
  entriesOfCell,
  type ListEntry,
  type MapEntry,
  type SavedEntry,
  type TimerEntry,
  type ValueEntry,
  withoutExpired,
} from './saved-entry.ts'
import type { SavedKeyedState, SavedOperator, SavedOperatorState } from './saved-states.ts'
import type { FoundSavepoint } from './savepoint-location.ts'

export interface ReadOptions {
  /** Only what this key has: one key group is read for it. */
  readonly key?: unknown
  /** `exclude` leaves out what has expired by now. Default: `include`. */
  readonly expired?: 'include' | 'exclude'
}

/** An entry, and the state that has it. */
export interface StateEntry {
  readonly state: SavedKeyedState
  readonly entry: SavedEntry
}

/**
 * The state of one operator of a savepoint. Entries come by ascending key groups, which is no order
 * that means anything; those of one key and state come together. Values are checked against the
 * types that the descriptors declare (RECORD_TYPE_MISMATCH). A state that is not there is
 * STATE_NOT_FOUND, one of another kind STATE_INCOMPATIBLE, what is damaged CHECKPOINT_CORRUPT: the
 * first step of the iteration tells.
 */
export class OperatorReader {
  readonly operator: SavedOperator
  readonly #found: FoundSavepoint
  readonly #now: () => number

  /** `now`: what has expired is told by it. */
  constructor(operator: SavedOperator, found: FoundSavepoint, now: () => number) {
    this.operator = operator
    this.#found = found
    this.#now = now
  }

  readValueState<Key, Value>(
    descriptor: ValueStateDescription<Value>,
    options: ReadOptions = {},
  ): AsyncGenerator<ValueEntry<Key, Value>, void, undefined> {
    const { name, kind, type } = descriptor
    return this.#typed(name, kind, { options, valueType: type })
  }

  readListState<Key, Element>(
    descriptor: ListStateDescription<Element>,
    options: ReadOptions = {},
  ): AsyncGenerator<ListEntry<Key, Element>, void, undefined> {
    const { name, kind, elementType } = descriptor
    return this.#typed(name, kind, { options, valueType: elementType })
  }

  /** One entry of a map after the other. */
  readMapState<Key, MapKey, Value>(
    descriptor: MapStateDescription<MapKey, Value>,
    options: ReadOptions = {},
  ): AsyncGenerator<MapEntry<Key, MapKey, Value>, void, undefined> {
    const { name, kind, keyType, valueType } = descriptor
    return this.#typed(name, kind, { options, keyType, valueType })
  }

  readReducingState<Key, Value>(
    descriptor: ReducingStateDescription<Value>,
    options: ReadOptions = {},
  ): AsyncGenerator<ValueEntry<Key, Value>, void, undefined> {
    const { name, kind, type } = descriptor
    return this.#typed(name, kind, { options, valueType: type })
  }

  /** The accumulators: a result is what `getResult` of the function makes of one. */
  readAggregatingState<Key, Accumulator>(
    descriptor: AggregatingStateDescription<never, Accumulator, unknown>,
    options: ReadOptions = {},
  ): AsyncGenerator<ValueEntry<Key, Accumulator>, void, undefined> {
    const { name, kind, accumulatorType } = descriptor
    return this.#typed(name, kind, { options, valueType: accumulatorType })
  }

  /** All timers of the operator. */
  async *readTimers<Key>(
    options: ReadOptions = {},
  ): AsyncGenerator<TimerEntry<Key>, void, undefined> {
    const timers = this.operator.keyedStates.filter(({ kind }) => kind === 'timer')
    const names = timers.map(({ name }) => name)
    for await (const { entry } of this.entries(names, options)) yield entry as TimerEntry<Key>
  }

  /** The items of a list or union list of all subtasks, in order. */
  async *readListItems<Item>(
    descriptor: ListStateDescription<Item>,
  ): AsyncGenerator<Item, void, undefined> {
    const { name, elementType } = descriptor
    const state = this.operatorState(name, ['split', 'union'])
    const type = new DeclaredType(name, 'An item', elementType?.descriptor ?? null)
    for await (const { subtask, value } of this.readItems(state)) {
      type.require(value, subtask)
      yield value as Item
    }
  }

  /** The entries of broadcast state. */
  async *readBroadcastState<Key, Value>(
    descriptor: MapStateDescription<Key, Value>,
  ): AsyncGenerator<readonly [Key, Value], void, undefined> {
    const { name, keyType, valueType } = descriptor
    const state = this.operatorState(name, ['broadcast'])
    const typeOfKey = new DeclaredType(name, 'A key', keyType?.descriptor ?? null)
    const typeOfValue = new DeclaredType(name, 'A value', valueType?.descriptor ?? null)
    for await (const { value: item } of this.readItems(state)) {
      const [key, value] = item as readonly [Key, Value]
      typeOfKey.require(key, key)
      typeOfValue.require(value, key)
      yield [key, value]
    }
  }

  /** Entries of keyed states of whatever kind; `names` undefined: of all, timers included. */
  async *entries(
    names?: readonly string[],
    options: ReadOptions = {},
  ): AsyncGenerator<StateEntry, void, undefined> {
    for (const name of names ?? []) this.keyedState(name)
    const nowMs = options.expired === 'exclude' ? this.#now() : undefined
    for await (const { state, content } of this.scan(names, options.key)) {
      for (const cell of content.cells.values()) {
        for (const entry of entriesOfCell(cell, { ...content.stored, ttl: state.ttl })) {
          const alive = nowMs === undefined ? entry : withoutExpired(entry, nowMs)
          if (alive !== undefined) yield { state, entry: alive }
        }
      }
    }
  }

  /** Keyed state as it lies in the files; see `scanKeyedState`. */
  scan(
    names: readonly string[] | undefined,
    key?: unknown,
  ): AsyncGenerator<ScannedContent, void, undefined> {
    return scanKeyedState(this.#found, this.operator, { states: names, key })
  }

  /** Items of an operator state of whatever mode. */
  readItems(state: SavedOperatorState): AsyncGenerator<SavedItem, void, undefined> {
    return readItems(this.#found, this.operator, state)
  }

  /** @throws MillraceError STATE_NOT_FOUND */
  keyedState(name: string): SavedKeyedState {
    const found = this.operator.keyedStates.find((state) => state.name === name)
    if (found === undefined) throw this.#noState(name)
    return found
  }

  /** @throws MillraceError STATE_NOT_FOUND, STATE_INCOMPATIBLE where it is of another mode. */
  operatorState(name: string, modes: readonly SavedOperatorState['mode'][]): SavedOperatorState {
    const found = this.operator.operatorStates.find((state) => state.name === name)
    if (found === undefined) throw this.#noState(name)
    if (modes.includes(found.mode)) return found
    throw this.#incompatible(name, { saved: found.mode, asked: modes.join("' or '") })
  }

  async *#typed<Entry extends SavedEntry>(
    name: string,
    kind: Entry['kind'],
    read: {
      readonly options: ReadOptions
      readonly valueType: TypeInformation<unknown> | undefined
      readonly keyType?: TypeInformation<unknown> | undefined
    },
  ): AsyncGenerator<Entry, void, undefined> {
    const saved = this.keyedState(name).kind
    if (saved !== kind) throw this.#incompatible(name, { saved, asked: kind })
    const valueType = new DeclaredType(name, 'A value', read.valueType?.descriptor ?? null)
    const keyType = new DeclaredType(name, 'A key of the map', read.keyType?.descriptor ?? null)
    for await (const { entry } of this.entries([name], read.options)) {
      if (entry.kind === 'map') keyType.require(entry.mapKey, entry.key)
      if (entry.kind === 'list') for (const each of entry.value) valueType.require(each, entry.key)
      else if (entry.kind !== 'timer') valueType.require(entry.value, entry.key)
      yield entry as Entry
    }
  }

  #incompatible(
    state: string,
    { saved, asked }: { readonly saved: string; readonly asked: string },
  ): MillraceError {
    const { name: operator } = this.operator
    return new MillraceError(
      'STATE_INCOMPATIBLE',
      `State '${state}' of operator '${operator}' was saved as one of kind '${saved}', and is ` +
        `read as one of kind '${asked}'. Read it as it was saved.`,
      { blame: 'user', disposition: 'reject-request', details: { operator, state } },
    )
  }

  #noState(asked: string): MillraceError {
    const { name: operator, keyedStates, operatorStates } = this.operator
    const names = [...keyedStates, ...operatorStates].map(({ name }) => name)
    const near = nearest(asked, names)
    const meant = near === undefined ? '' : ` Did you mean '${near}'?`
    const all = names.length === 0 ? 'no state' : names.map((name) => `'${name}'`).join(', ')
    return new MillraceError(
      'STATE_NOT_FOUND',
      `Operator '${operator}' has no state '${asked}' there.${meant} It has ${all}.`,
      { blame: 'user', disposition: 'reject-request', details: { operator, state: asked } },
    )
  }
}
