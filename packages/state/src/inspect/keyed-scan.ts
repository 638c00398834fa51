import {
  encodeKey,
  hashKey,
  type KeyedStateHandle,
  keyGroupCount,
  keyGroupOf,
} from '@millrace/core'
import { RestoredNames } from '../snapshot/restored-names.ts'
import type { StateContent } from './key-group-content.ts'
import { mergedKeyGroups } from './merged-key-groups.ts'
import type { SavedKeyedState, SavedOperator } from './saved-states.ts'
import type { FoundSavepoint } from './savepoint-location.ts'

/** The chains of an operator's subtasks, in order of their key groups. */
export function chainsOf(
  { completed }: Pick<FoundSavepoint, 'completed'>,
  { vertexId, operatorId }: Pick<SavedOperator, 'vertexId' | 'operatorId'>,
): readonly KeyedStateHandle[] {
  const vertex = completed.vertices.find((each) => each.vertexId === vertexId)
  const states = vertex?.subtasks.flatMap(({ operators }) => operators) ?? []
  return states
    .filter((state) => state.operatorId === operatorId)
    .flatMap(({ keyed }) => (keyed === undefined ? [] : [keyed]))
}

/** What whoever restores it calls the states of an operator. */
export function restoredNamesOf(
  { completed }: Pick<FoundSavepoint, 'completed'>,
  { vertexId, operatorId }: Pick<SavedOperator, 'vertexId' | 'operatorId'>,
): RestoredNames {
  const operators = completed.vertices.find((each) => each.vertexId === vertexId)?.operators
  const own = operators?.find((each) => each.operatorId === operatorId)
  return new RestoredNames(own?.droppedStates, own?.renamedStates)
}

/** What one key group has of one state. */
export interface ScannedContent {
  readonly keyGroup: number
  /** As it was declared when it was saved last. */
  readonly state: SavedKeyedState
  readonly content: StateContent
}

export interface ScanOptions {
  /** Undefined: all of them. */
  readonly states: readonly string[] | undefined
  /** Only what this key has; undefined: everything. */
  readonly key: unknown
}

/**
 * Keyed state of an operator by ascending key groups, and in each by the names of states.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT; KEY_INVALID where the key can be none.
 */
export async function* scanKeyedState(
  found: FoundSavepoint,
  operator: SavedOperator,
  { states, key }: ScanOptions,
): AsyncGenerator<ScannedContent, void, undefined> {
  const declared = operator.keyedStates.filter(({ name }) => states?.includes(name) ?? true)
  const names = new Set(declared.map(({ name }) => name))
  if (names.size === 0) return
  const bytes = key === undefined ? undefined : Buffer.from(encodeKey(key))
  const only = key === undefined ? undefined : keyGroupOf(hashKey(key))
  const keyGroups = { start: only ?? 0, end: only === undefined ? keyGroupCount : only + 1 }
  const restored = restoredNamesOf(found, operator)
  const nameOf = (saved: string): string | undefined => {
    const name = restored.nameOf(saved)
    return name !== undefined && names.has(name) ? name : undefined
  }
  const options = { keyGroups, nameOf }
  for (const chain of chainsOf(found, operator)) {
    for await (const { keyGroup, states } of mergedKeyGroups(found.storage, chain, options)) {
      for (const state of declared) {
        const content = states.get(state.name)
        if (content === undefined) continue
        const own = bytes === undefined ? content : onlyOfKey(content, bytes)
        if (own.cells.size > 0) yield { keyGroup, state, content: own }
      }
    }
  }
}

function onlyOfKey({ stored, cells }: StateContent, key: Buffer): StateContent {
  return { stored, cells: new Map([...cells].filter(([, cell]) => key.equals(cell.key))) }
}
