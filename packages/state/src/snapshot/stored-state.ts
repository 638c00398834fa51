import { MillraceError, type StateDescription, unreachable } from '@millrace/core'
import type { StoredState, StoredStateKind } from './segment-format.ts'

/** A state as segments name it. */
export function storedState(id: number, description: StateDescription): StoredState {
  const { name, kind, ttl } = description
  return { id, name, kind, types: typesOf(description), ttl: ttl ?? null }
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

function typesOf(description: StateDescription): readonly unknown[] {
  switch (description.kind) {
    case 'value':
    case 'reducing':
      return [description.type?.descriptor ?? null]
    case 'list':
      return [description.elementType?.descriptor ?? null]
    case 'map':
      return [description.keyType?.descriptor ?? null, description.valueType?.descriptor ?? null]
    case 'aggregating':
      return [description.accumulatorType?.descriptor ?? null]
    default:
      return unreachable(description)
  }
}
