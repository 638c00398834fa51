import {
  type BroadcastState,
  decodeGeneric,
  encodeGeneric,
  type ListState,
  type ListStateDescription,
  type MapStateDescription,
  MillraceError,
  type OperatorStateHandle,
  type OperatorStateMode,
  type OperatorStateStore,
  type StateDescription,
} from '@millrace/core'
import { StateRegistry } from '../state-registry.ts'
import { OperatorBroadcastState } from './operator-broadcast-state.ts'
import { OperatorListState } from './operator-list-state.ts'

/** What one subtask of an operator has of operator state in a checkpoint, with its bytes. */
export interface OperatorStateSnapshot {
  readonly states: OperatorStateHandle['states']
  /** In the generic encoding: for each state in that order, the array of its items. */
  readonly bytes: Uint8Array
}

/** Which subtask of how many restores. */
export interface SubtaskPlace {
  readonly subtaskIndex: number
  readonly parallelism: number
}

interface RestoredState {
  readonly mode: OperatorStateMode
  readonly items: readonly unknown[]
}

interface RegisteredState {
  readonly mode: OperatorStateMode
  /** Owned by the state: encoded at once, never kept. */
  items(): readonly unknown[]
}

// Invariants
//  - Over all subtasks, each item of a split list that was snapshotted is restored exactly once, in
//    order; with the same parallelism by the subtask it was of.
//  - What was restored and not asked for again stays part of every snapshot, and is neither lost
//    nor multiplied by it.

/**
 * The operator state of one subtask of one operator: in memory, written whole at each checkpoint.
 * Order of calls: `restore` at most once and first, then anything.
 */
export class OperatorStateBackend implements OperatorStateStore {
  readonly #operatorName: string
  readonly #registry = new StateRegistry<RegisteredState>()
  readonly #registered = new Map<string, RegisteredState>()
  readonly #unclaimed = new Map<string, RestoredState>()
  /** All items of the union lists that were restored; what is kept of one unclaimed is a part. */
  readonly #unions = new Map<string, readonly unknown[]>()
  #isRestored = false

  constructor(operatorName: string) {
    this.#operatorName = operatorName
  }

  /** It began with what a checkpoint holds, if only with nothing. */
  get isRestored(): boolean {
    return this.#isRestored
  }

  getListState<T>(descriptor: ListStateDescription<T>): ListState<T> {
    return this.#list(descriptor, 'split')
  }

  getUnionListState<T>(descriptor: ListStateDescription<T>): ListState<T> {
    return this.#list(descriptor, 'union')
  }

  getBroadcastState<K, V>(descriptor: MapStateDescription<K, V>): BroadcastState<K, V> {
    return this.#register(descriptor, 'broadcast', () => {
      const state = new OperatorBroadcastState<K, V>(descriptor)
      state.putAll(this.#claim(descriptor.name, 'broadcast') as readonly [K, V][])
      return state
    })
  }

  /** All of it, copied; undefined where there is nothing. */
  snapshot(): OperatorStateSnapshot | undefined {
    const states: { name: string; mode: OperatorStateMode }[] = []
    const items: (readonly unknown[])[] = []
    for (const [name, state] of this.#registered) {
      states.push({ name, mode: state.mode })
      items.push(state.items())
    }
    for (const [name, state] of this.#unclaimed) {
      states.push({ name, mode: state.mode })
      items.push(state.items)
    }
    if (items.every(({ length }) => length === 0)) return undefined
    return { states, bytes: encodeGeneric(items) }
  }

  /** `restored`: by old subtask; undefined where one has nothing. Before any state is asked for. */
  restore(restored: readonly (OperatorStateSnapshot | undefined)[], place: SubtaskPlace): void {
    this.#isRestored = true
    const old = restored.map((snapshot) => (snapshot === undefined ? new Map() : decode(snapshot)))
    for (const name of new Set(old.flatMap((states) => [...states.keys()]))) {
      const parts = old.map((states): RestoredState | undefined => states.get(name))
      const { mode } = parts.find((part) => part !== undefined) as RestoredState
      this.#unclaimed.set(name, { mode, items: partOf(parts, mode, place) })
      if (mode === 'union')
        this.#unions.set(
          name,
          parts.flatMap((part) => part?.items ?? []),
        )
    }
  }

  #list<T>(descriptor: ListStateDescription<T>, mode: 'split' | 'union'): ListState<T> {
    return this.#register(descriptor, mode, () => {
      const state = new OperatorListState<T>(descriptor, mode)
      state.update(this.#claim(descriptor.name, mode) as readonly T[])
      return state
    })
  }

  #register<S extends RegisteredState>(
    descriptor: StateDescription | ListStateDescription<never> | MapStateDescription<never, never>,
    mode: OperatorStateMode,
    make: () => S,
  ): S {
    const { name, ttl } = descriptor
    if (ttl !== undefined) throw this.#refused('ARGUMENT_INVALID', name, 'has a time to live')
    const earlier = this.#registered.get(name)
    if (earlier !== undefined && earlier.mode !== mode) {
      const what = `is asked for twice, as ${modeText[earlier.mode]} and as ${modeText[mode]}`
      throw this.#refused('STATE_NAME_DUPLICATE', name, what)
    }
    const state = this.#registry.get<S>(descriptor as StateDescription, make)
    this.#registered.set(name, state)
    return state
  }

  /** The items that were restored under that name, which are the state's own from now on. */
  #claim(name: string, mode: OperatorStateMode): readonly unknown[] {
    const restored = this.#unclaimed.get(name)
    if (restored === undefined) return []
    if (restored.mode !== mode) {
      const what = `is asked for as ${modeText[mode]}, but was saved as ${modeText[restored.mode]}`
      throw this.#refused('STATE_INCOMPATIBLE', name, what)
    }
    this.#unclaimed.delete(name)
    return this.#unions.get(name) ?? restored.items
  }

  #refused(
    code: 'ARGUMENT_INVALID' | 'STATE_NAME_DUPLICATE' | 'STATE_INCOMPATIBLE',
    state: string,
    what: string,
  ): MillraceError {
    const operator = this.#operatorName
    return new MillraceError(
      code,
      `Operator state '${state}' of operator '${operator}' ${what}. ${advice[code]}`,
      { blame: 'user', details: { operator, state } },
    )
  }
}

const modeText: Readonly<Record<OperatorStateMode, string>> = {
  split: 'a list',
  union: 'a union list',
  broadcast: 'broadcast state',
}

const advice = {
  ARGUMENT_INVALID: 'Operator state does not expire: leave out ttl.',
  STATE_NAME_DUPLICATE: 'Give each state of an operator a name of its own.',
  STATE_INCOMPATIBLE: 'Ask for it as it was saved, or give the new state another name.',
} as const

function decode({ states, bytes }: OperatorStateSnapshot): Map<string, RestoredState> {
  const items = decodeGeneric(bytes) as readonly (readonly unknown[])[]
  return new Map(states.map(({ name, mode }, index) => [name, { mode, items: items[index] ?? [] }]))
}

/** What the subtask at `place` has of a state whose old subtasks had these parts. */
function partOf(
  parts: readonly (RestoredState | undefined)[],
  mode: OperatorStateMode,
  { subtaskIndex, parallelism }: SubtaskPlace,
): readonly unknown[] {
  if (mode === 'broadcast') {
    const copies = parts.filter((part) => part !== undefined)
    return (parts[subtaskIndex] ?? copies[subtaskIndex % copies.length])?.items ?? []
  }
  if (parts.length === parallelism) return parts[subtaskIndex]?.items ?? []
  const all = parts.flatMap((part) => part?.items ?? [])
  const startOf = (index: number): number => Math.floor((index * all.length) / parallelism)
  return all.slice(startOf(subtaskIndex), startOf(subtaskIndex + 1))
}
