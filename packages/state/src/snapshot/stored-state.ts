import {
  MillraceError,
  type StateDescription,
  type StateShape,
  stateEvolution,
  stateShapeOf,
  type TypeDescriptor,
} from '@millrace/core'
import type { StoredState, StoredStateKind } from './segment-format.ts'

/** A state as segments name it. */
export function storedState(id: number, description: StateDescription): StoredState {
  return { id, name: description.name, ...stateShapeOf(description) }
}

/** @throws MillraceError STATE_INCOMPATIBLE where what was restored is of another kind. */
export function requireSameKind({ name, kind }: StoredState, asked: StoredStateKind): void {
  if (kind === asked) return
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `State '${name}' was restored as one of kind '${kind}', and the program asks for it as kind ` +
      `'${asked}'. Give the new state another name, or start without the checkpoint.`,
    { blame: 'user', details: { state: name } },
  )
}

/** What a segment says of a state; its types are descriptors, for its bytes were verified. */
export function shapeOf({ kind, types, ttl }: Omit<StoredState, 'id' | 'name'>): StateShape {
  return { kind, types: types as readonly (TypeDescriptor | null)[], ttl }
}

/**
 * @throws MillraceError STATE_INCOMPATIBLE where what was restored is not what is asked for.
 * Whether values that were saved without a declared type have that of now, the JobManager looked.
 */
export function requireCompatible(restored: StoredState, asked: StoredState): void {
  const evolution = stateEvolution(shapeOf(restored), shapeOf(asked))
  if (evolution.verdict !== 'incompatible') return
  const { name } = restored
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `State '${name}' cannot be restored into what the program asks for: ${evolution.reason}. Ask ` +
      'for it as it was, or give the new state another name.',
    { blame: 'user', details: { state: name } },
  )
}
