import { unreachable } from '../assert.ts'
import { formatDurationMs } from '../config/duration.ts'
import type { TypeDescriptor } from '../type/type-descriptor.ts'
import { typeEvolution } from '../type/type-evolution.ts'
import type { StateDescription } from './state-description.ts'
import type { StateTtlConfig } from './state-ttl-config.ts'

/** What is known of a keyed state without its functions: as it is saved, or as a program has it. */
export interface StateShape {
  readonly kind: StateDescription['kind'] | 'timer'
  /** Of keys and of values in a map, else of one; null where it is not declared. */
  readonly types: readonly (TypeDescriptor | null)[]
  readonly ttl: StateTtlConfig | null
}

/** What a program asks for, without its functions. */
export function stateShapeOf(description: StateDescription): StateShape {
  const { kind, ttl } = description
  return { kind, types: typesOf(description), ttl: ttl ?? null }
}

/** What becomes of a state that was saved when a program asks for it. */
export type StateEvolution =
  | { readonly verdict: 'kept' }
  | {
      readonly verdict: 'migrated'
      readonly reason: string
      /** It fits only if each of its values does. */
      readonly isToBeChecked: boolean
    }
  | { readonly verdict: 'incompatible'; readonly reason: string }

/**
 * Whether what was saved as `from` is what the program asks for as `to`. Nothing is converted:
 * `kept` and `migrated` mean that every entry is one of the new state as it lies there. Pure; the
 * one rule for `millrace info`, for submissions and for tasks.
 */
export function stateEvolution(from: StateShape, to: StateShape): StateEvolution {
  if (from.kind !== to.kind) {
    const reason = `it was saved as one of kind '${from.kind}', and is of kind '${to.kind}' now`
    return { verdict: 'incompatible', reason }
  }
  const reasons: string[] = []
  let isToBeChecked = false
  for (const [index, type] of to.types.entries()) {
    const part = to.kind === 'map' ? (index === 0 ? 'keys: ' : 'values: ') : ''
    const evolution = typeEvolution(from.types[index] ?? null, type)
    if (evolution.kind === 'incompatible') {
      return { verdict: 'incompatible', reason: `${part}${evolution.reason}` }
    }
    if (evolution.kind === 'same') continue
    isToBeChecked ||= evolution.kind === 'to-check'
    const what = evolution.kind === 'widened' ? 'its type is wider' : 'its type is declared'
    reasons.push(`${part}${what} now`)
  }
  const ttl = [from.ttl, to.ttl].map(ttlText)
  if (ttl[0] !== ttl[1]) reasons.push(`time to live: ${ttl[0]}, now ${ttl[1]}`)
  if (reasons.length === 0) return { verdict: 'kept' }
  return { verdict: 'migrated', reason: reasons.join('; '), isToBeChecked }
}

function typesOf(description: StateDescription): readonly (TypeDescriptor | null)[] {
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

function ttlText(ttl: StateTtlConfig | null): string {
  return ttl === null ? 'none' : formatDurationMs(ttl.ms)
}
