import type { ObjectField, TypeDescriptor } from './type-descriptor.ts'

/**
 * What becomes of values of one declared type under another one. `same` and `widened`: each of them
 * has the new type too. `to-check`: some may not, which only a look at each of them can tell.
 */
export type TypeEvolution =
  | { readonly kind: 'same' | 'widened' | 'to-check' }
  /** `reason` says where, in words of the new type: `field 'items[].amount': …`. */
  | { readonly kind: 'incompatible'; readonly reason: string }

type Compatible = 'same' | 'widened' | 'to-check'

/** A type that no value of the old one can be taken for, and where. */
class Incompatibility {
  readonly reason: string

  constructor(path: string, what: string) {
    this.reason = path === '' ? what : `field '${path.replace(/^\./, '')}': ${what}`
  }
}

const ranks: readonly Compatible[] = ['same', 'widened', 'to-check']
const undeclared: TypeDescriptor = { kind: 'any' }

/**
 * Whether values that have the type `from` have the type `to`, without being changed: nothing is
 * converted when state is restored. `null` stands for a type that is not declared. Pure.
 */
export function typeEvolution(
  from: TypeDescriptor | null,
  to: TypeDescriptor | null,
): TypeEvolution {
  if (to === null) return { kind: 'same' }
  const found = evolution(from ?? undeclared, to, '')
  return found instanceof Incompatibility
    ? { kind: 'incompatible', reason: found.reason }
    : { kind: found }
}

function evolution(
  from: TypeDescriptor,
  to: TypeDescriptor,
  path: string,
): Compatible | Incompatibility {
  const [old, next] = [unwrapped(from), unwrapped(to)]
  if (next.base.kind === 'any') return old.base.kind === 'any' ? 'same' : 'widened'
  if (old.base.kind === 'any') return 'to-check'
  if (old.isOptional && !next.isOptional) {
    return new Incompatibility(path, `it could be undefined, and is ${typeText(to)} now`)
  }
  if (old.isNullable && !next.isNullable) {
    return new Incompatibility(path, `it could be null, and is ${typeText(to)} now`)
  }
  const isSame = old.isOptional === next.isOptional && old.isNullable === next.isNullable
  return worst([isSame ? 'same' : 'widened', baseEvolution(old.base, next.base, path)])
}

function baseEvolution(
  from: TypeDescriptor,
  to: TypeDescriptor,
  path: string,
): Compatible | Incompatibility {
  if (from.kind === 'array' && to.kind === 'array') {
    return evolution(from.of, to.of, `${path}[]`)
  }
  if (from.kind === 'tuple' && to.kind === 'tuple' && from.items.length === to.items.length) {
    return worst(
      from.items.map((item, index) =>
        evolution(item, to.items[index] as TypeDescriptor, `${path}[${index}]`),
      ),
    )
  }
  if (from.kind === 'object' && to.kind === 'object') {
    return fieldsEvolution(from.fields, to.fields, path)
  }
  if (from.kind === 'int32' && to.kind === 'float64') return 'widened'
  const isStructured = from.kind === 'tuple' || from.kind === 'array' || from.kind === 'object'
  if (from.kind === to.kind && !isStructured) return 'same'
  return new Incompatibility(path, `it was ${typeText(from)}, and is ${typeText(to)} now`)
}

function fieldsEvolution(
  from: readonly ObjectField[],
  to: readonly ObjectField[],
  path: string,
): Compatible | Incompatibility {
  const declared = new Map(to.map(({ name, type }) => [name, type]))
  const found = from.map(({ name, type }): Compatible | Incompatibility => {
    const next = declared.get(name)
    declared.delete(name)
    const fieldPath = `${path}.${name}`
    if (next === undefined) {
      return new Incompatibility(fieldPath, 'it was removed; a field that was saved must stay')
    }
    // Only the outermost word says that a field may be missing, and not just have no value.
    if (type.kind === 'optional' && next.kind !== 'optional') {
      return new Incompatibility(fieldPath, `it could be missing, and is ${typeText(next)} now`)
    }
    return evolution(type, next, fieldPath)
  })
  for (const [name, type] of declared) {
    const isAddition = type.kind === 'optional'
    const advice = `declare it types.optional(${apiText(type)})`
    const what = `it is new, and what was saved lacks it: ${advice}`
    found.push(isAddition ? 'widened' : new Incompatibility(`${path}.${name}`, what))
  }
  return worst(found)
}

function worst(all: readonly (Compatible | Incompatibility)[]): Compatible | Incompatibility {
  let rank = 0
  for (const each of all) {
    if (each instanceof Incompatibility) return each
    rank = Math.max(rank, ranks.indexOf(each))
  }
  return ranks[rank] as Compatible
}

function unwrapped(type: TypeDescriptor): {
  readonly base: TypeDescriptor
  readonly isOptional: boolean
  readonly isNullable: boolean
} {
  if (type.kind !== 'optional' && type.kind !== 'nullable') {
    return { base: type, isOptional: false, isNullable: false }
  }
  const inner = unwrapped(type.of)
  return type.kind === 'optional' ? { ...inner, isOptional: true } : { ...inner, isNullable: true }
}

/** A declared type in a few words. */
function typeText(type: TypeDescriptor): string {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return `${type.kind} ${typeText(type.of)}`
    case 'array':
      return `an array of ${typeText(type.of)}`
    case 'tuple':
      return `a tuple of ${type.items.length} items`
    case 'object':
      return `an object of ${type.fields.length} fields`
    default:
      return type.kind
  }
}

/** The same as a program writes it, as far as it is short. */
function apiText(type: TypeDescriptor): string {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return `types.${type.kind}(${apiText(type.of)})`
    case 'array':
    case 'tuple':
    case 'object':
      return `types.${type.kind}(…)`
    default:
      return `types.${type.kind}`
  }
}
