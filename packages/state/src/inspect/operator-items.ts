import { decodeGeneric, MillraceError } from '@millrace/core'
import { readStateBlob } from '../storage/state-blob.ts'
import type { SavedOperator, SavedOperatorState } from './saved-states.ts'
import type { FoundSavepoint } from './savepoint-location.ts'

/** An item of operator state: an element of a list, or `[key, value]` of broadcast state. */
export interface SavedItem {
  /** The subtask that saved it. */
  readonly subtask: number
  readonly value: unknown
}

/**
 * The items of an operator state: those of all subtasks in their order; of broadcast state, which
 * is the same in all of them, one copy. In memory is what one subtask has.
 *
 * @throws MillraceError CHECKPOINT_CORRUPT
 */
export async function* readItems(
  { storage, completed }: FoundSavepoint,
  { vertexId, operatorId }: Pick<SavedOperator, 'vertexId' | 'operatorId'>,
  { name, mode }: SavedOperatorState,
): AsyncGenerator<SavedItem, void, undefined> {
  const vertex = completed.vertices.find((each) => each.vertexId === vertexId)
  for (const [subtask, { operators }] of vertex?.subtasks.entries() ?? []) {
    const state = operators.find((each) => each.operatorId === operatorId)?.operator
    const index = state?.states.findIndex((each) => each.name === name) ?? -1
    if (state === undefined || index < 0) continue
    const place = state.blob.kind === 'file' ? state.blob.name : 'the metadata'
    const items = itemsOf(await readStateBlob(storage, state.blob), index, place)
    for (const value of items) yield { subtask, value }
    if (mode === 'broadcast') return
  }
}

function itemsOf(bytes: Uint8Array, index: number, place: string): readonly unknown[] {
  let cause: unknown
  try {
    const lists = decodeGeneric(bytes) as readonly unknown[]
    const items: unknown = Array.isArray(lists) ? lists[index] : undefined
    if (Array.isArray(items)) return items
  } catch (error) {
    cause = error
  }
  throw new MillraceError(
    'CHECKPOINT_CORRUPT',
    `The operator state in ${place} cannot be decoded. Read another savepoint.`,
    { cause, blame: 'external', details: { place } },
  )
}
