import type { TypeDescriptor } from '@millrace/core'
import type { SavedKeyedState, SavedOperatorState } from '@millrace/state/inspect'
import { formatElapsed } from '../terminal/format.ts'
import { toJsonValue } from './json-value.ts'

/** 'list', 'broadcast' … of operator state, as docs/operator-state.md calls them. */
export const operatorStateKinds: Readonly<Record<SavedOperatorState['mode'], string>> = {
  split: 'operator list',
  union: 'union list',
  broadcast: 'broadcast',
}

/** 'string → float64' of a map, 'float64', or '' where no type is declared. */
export function typesText({ kind, types }: SavedKeyedState): string {
  if (types.every((type) => type === null)) return ''
  const texts = types.map((type) => (type === null ? 'any' : typeText(type as TypeDescriptor)))
  return texts.join(kind === 'map' ? ' → ' : ', ')
}

export function ttlText({ ttl }: SavedKeyedState): string {
  return ttl === null ? '' : formatElapsed(ttl.ms)
}

/** A key or value on one line, cut where it is long. */
export function valueText(value: unknown, lengthMax = 60): string {
  const text = JSON.stringify(toJsonValue(value))
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1)}…` : text
}

/** As in the declaration: '{ user: string, amount?: float64 }', 'string[]', '[string, int32]'. */
function typeText(type: TypeDescriptor): string {
  switch (type.kind) {
    case 'optional':
      return `${typeText(type.of)} | undefined`
    case 'nullable':
      return `${typeText(type.of)} | null`
    case 'array':
      return isUnion(type.of) ? `(${typeText(type.of)})[]` : `${typeText(type.of)}[]`
    case 'tuple':
      return `[${type.items.map(typeText).join(', ')}]`
    case 'object':
      return `{ ${type.fields.map(({ name, type: of }) => fieldText(name, of)).join(', ')} }`
    default:
      return type.kind
  }
}

function fieldText(name: string, type: TypeDescriptor): string {
  return type.kind === 'optional' ? `${name}?: ${typeText(type.of)}` : `${name}: ${typeText(type)}`
}

function isUnion({ kind }: TypeDescriptor): boolean {
  return kind === 'optional' || kind === 'nullable'
}
