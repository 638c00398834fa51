import {
  encodeGeneric,
  type OperatorStateHandle,
  type OperatorStateMode,
  type StateBlob,
} from '@millrace/core'
import { readItems } from '../inspect/operator-items.ts'
import type { SavedOperator } from '../inspect/saved-states.ts'
import type { FoundSavepoint } from '../inspect/savepoint-location.ts'
import { requireOfType } from '../operator/value-check.ts'
import type { NewOperatorState, OperatorWriter } from './operator-writer.ts'

interface StateItems {
  readonly name: string
  readonly mode: OperatorStateMode
  /** By subtask. */
  readonly items: readonly (readonly unknown[])[]
}

/**
 * The operator state of all subtasks, as the writer says: undefined where one has nothing.
 *
 * @throws MillraceError RECORD_TYPE_MISMATCH, or CHECKPOINT_CORRUPT for what is kept.
 */
export async function rewriteOperatorState(
  writer: OperatorWriter,
  found: FoundSavepoint | undefined,
  writeBlob: (subtask: number, bytes: Uint8Array) => Promise<StateBlob>,
): Promise<readonly (OperatorStateHandle | undefined)[]> {
  const states: StateItems[] = []
  const { saved, parallelism } = writer
  for (const state of saved?.operatorStates ?? []) {
    const { name, mode } = state
    if (writer.dropped.has(name) || writer.operatorStates.has(name)) continue
    if (found === undefined || saved === undefined) continue
    states.push({ name, mode, items: await keptItems(found, saved, state) })
  }
  for (const [name, state] of writer.operatorStates) {
    states.push({ name, mode: state.mode, items: await newItems(name, state, parallelism) })
  }
  const handles: (OperatorStateHandle | undefined)[] = []
  for (let subtask = 0; subtask < parallelism; subtask++) {
    const items = states.map((state) => state.items[subtask] ?? [])
    if (items.every(({ length }) => length === 0)) {
      handles.push(undefined)
      continue
    }
    const blob = await writeBlob(subtask, encodeGeneric(items))
    handles.push({ states: states.map(({ name, mode }) => ({ name, mode })), blob })
  }
  return handles
}

async function keptItems(
  found: FoundSavepoint,
  saved: SavedOperator,
  state: SavedOperator['operatorStates'][number],
): Promise<readonly (readonly unknown[])[]> {
  const items = Array.from({ length: saved.parallelism }, (): unknown[] => [])
  for await (const { subtask, value } of readItems(found, saved, state)) items[subtask]?.push(value)
  // One copy was read: every subtask has it.
  const copy = items.find(({ length }) => length > 0) ?? []
  return state.mode === 'broadcast' ? items.map(() => copy) : items
}

async function newItems(
  name: string,
  { mode, description, items }: NewOperatorState,
  parallelism: number,
): Promise<readonly (readonly unknown[])[]> {
  const all: unknown[] = []
  const check =
    description.kind === 'list'
      ? requireOfType(`An item of operator state '${name}'`, description.elementType)
      : checkEntry(name, description)
  for await (const item of items) {
    check(item)
    all.push(item)
  }
  if (mode === 'broadcast') return Array.from({ length: parallelism }, () => all)
  const startOf = (index: number): number => Math.floor((index * all.length) / parallelism)
  return Array.from({ length: parallelism }, (_, index) =>
    all.slice(startOf(index), startOf(index + 1)),
  )
}

function checkEntry(
  name: string,
  description: Extract<NewOperatorState['description'], { readonly kind: 'map' }>,
): (item: unknown) => void {
  const checkKey = requireOfType(`A key of broadcast state '${name}'`, description.keyType)
  const checkValue = requireOfType(`A value of broadcast state '${name}'`, description.valueType)
  return (item) => {
    const [key, value] = item as readonly [unknown, unknown]
    checkKey(key)
    checkValue(value)
  }
}
