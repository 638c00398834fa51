import { isInherited } from './compile.ts'
import { isDate } from './date-value.ts'
import { isPlain } from './plain-object.ts'
import type { ObjectField, TypeDescriptor } from './type-descriptor.ts'

/**
 * Why a value does not have a declared type, as in
 * `field 'items[2].amount': expected float64, found string "12"`; undefined where it has it.
 */
export function explainMismatch(type: TypeDescriptor, value: unknown): string | undefined {
  return explain(type, value, '')
}

function explain(type: TypeDescriptor, value: unknown, path: string): string | undefined {
  switch (type.kind) {
    case 'any':
      return undefined
    case 'optional':
      return value === undefined ? undefined : explain(type.of, value, path)
    case 'nullable':
      return value === null ? undefined : explain(type.of, value, path)
    case 'array':
      return Array.isArray(value)
        ? explainItems(type.of, value, path)
        : mismatch(path, 'an array', value)
    case 'tuple':
      return explainTuple(type.items, value, path)
    case 'object':
      return explainObject(type.fields, value, path)
    default:
      return isPrimitive(type.kind, value) ? undefined : mismatch(path, type.kind, value)
  }
}

function isPrimitive(kind: TypeDescriptor['kind'], value: unknown): boolean {
  switch (kind) {
    case 'float64':
      return typeof value === 'number'
    case 'int32':
      return typeof value === 'number' && Object.is(value | 0, value)
    case 'bytes':
      return value instanceof Uint8Array
    case 'date':
      return isDate(value)
    default:
      return typeof value === kind
  }
}

function explainItems(
  of: TypeDescriptor,
  items: readonly unknown[],
  path: string,
): string | undefined {
  for (let i = 0; i < items.length; i++) {
    const reason = explainItem(of, items, i, path)
    if (reason !== undefined) return reason
  }
  return undefined
}

function explainItem(
  type: TypeDescriptor,
  items: readonly unknown[],
  index: number,
  path: string,
): string | undefined {
  const itemPath = `${path}[${index}]`
  if (!(index in items)) return `${at(itemPath)}expected an item, found a hole`
  return explain(type, items[index], itemPath)
}

function explainTuple(
  types: readonly TypeDescriptor[],
  value: unknown,
  path: string,
): string | undefined {
  const expected = `an array of ${types.length} items`
  if (!Array.isArray(value) || value.length !== types.length) return mismatch(path, expected, value)
  for (const [i, type] of types.entries()) {
    const reason = explainItem(type, value, i, path)
    if (reason !== undefined) return reason
  }
  return undefined
}

function explainObject(
  fields: readonly ObjectField[],
  value: unknown,
  path: string,
): string | undefined {
  if (typeof value !== 'object' || value === null || !isPlain(value) || Array.isArray(value)) {
    return mismatch(path, 'an object', value)
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const { name, type } of fields) {
    const field = fieldOf(object, name)
    const fieldPath = `${path}.${name}`
    if (field === undefined && type.kind !== 'optional' && !Object.hasOwn(object, name)) {
      return `${at(fieldPath)}expected ${describeType(type)}, found no such field`
    }
    const reason = explain(type, field, fieldPath)
    if (reason !== undefined) return reason
  }
  return explainMore(fields, object, path)
}

/** Getters of a class may stand for declared fields; only what is more than declared is refused. */
function explainMore(
  fields: readonly ObjectField[],
  object: Readonly<Record<string, unknown>>,
  path: string,
): string | undefined {
  const names = new Set(fields.map(({ name }) => name))
  const isThere = ({ name, type }: ObjectField): boolean =>
    type.kind !== 'optional' || fieldOf(object, name) !== undefined || Object.hasOwn(object, name)
  const own = Object.keys(object)
  if (own.length <= fields.filter(isThere).length) return undefined
  const more = own.find((name) => !names.has(name))
  return `${at(`${path}.${more}`)}not declared in the type`
}

function fieldOf(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return isInherited(name) && !Object.hasOwn(object, name) ? undefined : object[name]
}

function mismatch(path: string, expected: string, value: unknown): string {
  return `${at(path)}expected ${expected}, found ${describeValue(value)}`
}

function at(path: string): string {
  return path === '' ? '' : `field '${path.replace(/^\./, '')}': `
}

function describeType(type: TypeDescriptor): string {
  switch (type.kind) {
    case 'optional':
    case 'nullable':
      return describeType(type.of)
    case 'array':
    case 'object':
      return `an ${type.kind}`
    case 'tuple':
      return `an array of ${type.items.length} items`
    default:
      return type.kind
  }
}

function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
    case 'number':
      return `number ${Object.is(value, -0) ? '-0' : value}`
    case 'bigint':
      return `bigint ${value}`
    case 'boolean':
      return `boolean ${value}`
    case 'undefined':
      return 'undefined'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `an array of ${value.length} items`
      return `an object of the class ${Object.prototype.toString.call(value).slice(8, -1)}`
    default:
      return `a ${typeof value}`
  }
}
