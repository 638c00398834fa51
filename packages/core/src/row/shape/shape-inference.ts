// Finds the type of records from samples. What differs between samples is widened: a field that
// some lack becomes optional, one that may be null nullable, and where kinds differ stands `any`.

import { isDate } from '../../type/date-value.ts'
import { isPlain } from '../../type/plain-object.ts'
import type { PrimitiveKind, TypeDescriptor } from '../../type/type-descriptor.ts'

/** A type that can still be widened. `never`: no value was seen yet but null or undefined. */
export interface InferredType {
  readonly isOptional: boolean
  readonly isNullable: boolean
  readonly base: Base
}

type Base =
  | { readonly kind: 'never' | PrimitiveKind }
  | { readonly kind: 'array'; readonly item: InferredType; readonly items: Items }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, InferredType> }

/** Types by position, as long as all samples had the same few items. */
type Items = readonly InferredType[] | undefined

const depthMax = 6
const fieldCountMax = 128
const tupleLengthMax = 8
/** An object whose fields come and go more than this is a dictionary. */
const optionalCountMax = 8

const never: Base = { kind: 'never' }
const any: Base = { kind: 'any' }

/** The narrowest type that all values fit. */
export function inferType(values: readonly unknown[]): InferredType {
  return values.map((value) => typeOfValue(value, 0)).reduce(widen, required(never))
}

/** The narrowest type that the values of both fit. */
export function widen(one: InferredType, other: InferredType): InferredType {
  return {
    isOptional: one.isOptional || other.isOptional,
    isNullable: one.isNullable || other.isNullable,
    base: widenBase(one.base, other.base),
  }
}

/** The type as it is declared: nothing is known of what was never seen, so it is `any`. */
export function descriptorOf({ isOptional, isNullable, base }: InferredType): TypeDescriptor {
  const type = baseDescriptor(base)
  const nullable: TypeDescriptor =
    isNullable && type.kind !== 'any' ? { kind: 'nullable', of: type } : type
  return isOptional ? { kind: 'optional', of: nullable } : nullable
}

/**
 * What records must share to have a shape together: their kind, and the names of their fields in
 * order. Records that differ in it often are different things.
 */
export function signatureOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return typeof value
  if (Array.isArray(value)) return 'array'
  if (isPlain(value)) return `object ${JSON.stringify(Object.keys(value))}`
  return Object.prototype.toString.call(value)
}

function required(base: Base): InferredType {
  return { isOptional: false, isNullable: false, base }
}

function typeOfValue(value: unknown, depth: number): InferredType {
  switch (typeof value) {
    case 'number':
      return required({ kind: 'float64' })
    case 'string':
    case 'boolean':
    case 'bigint':
      return required({ kind: typeof value as 'string' | 'boolean' | 'bigint' })
    case 'undefined':
      return { isOptional: true, isNullable: false, base: never }
    case 'object':
      if (value === null) return { isOptional: false, isNullable: true, base: never }
      return required(depth < depthMax ? baseOfObject(value, depth + 1) : any)
    default:
      return required(any)
  }
}

function baseOfObject(value: object, depth: number): Base {
  if (Array.isArray(value)) return baseOfArray(value, depth)
  if (isDate(value)) return { kind: 'date' }
  // A Buffer is to arrive as a Buffer.
  if (value.constructor === Uint8Array) return { kind: 'bytes' }
  if (!isPlain(value)) return any
  const entries = Object.entries(value)
  if (entries.length > fieldCountMax) return any
  const fields = entries.map(([name, field]) => [name, typeOfValue(field, depth)] as const)
  return { kind: 'object', fields: new Map(fields) }
}

function baseOfArray(values: readonly unknown[], depth: number): Base {
  // `Array.from` also visits holes; these only the generic encoding can tell from undefined.
  const items = Array.from(values, (value) => typeOfValue(value, depth))
  const item = items.reduce(widen, required(never))
  return { kind: 'array', item, items: items.length <= tupleLengthMax ? items : undefined }
}

function widenBase(one: Base, other: Base): Base {
  if (one.kind === 'never') return other
  if (other.kind === 'never') return one
  if (one.kind === 'array' && other.kind === 'array') {
    const items =
      one.items?.length === other.items?.length
        ? one.items?.map((item, i) => widen(item, other.items?.[i] ?? item))
        : undefined
    return { kind: 'array', item: widen(one.item, other.item), items }
  }
  if (one.kind === 'object' && other.kind === 'object') return widenFields(one.fields, other.fields)
  return one.kind === other.kind ? one : any
}

type Fields = ReadonlyMap<string, InferredType>

/** Fields in an order that both agree with, if there is one. */
function widenFields(one: Fields, other: Fields): Base {
  const missing: InferredType = { isOptional: true, isNullable: false, base: never }
  const entries: [string, InferredType][] = []
  const rest = new Map(other)
  for (const [name, type] of one) {
    if (rest.has(name)) {
      // What stands before it in the other one goes before it here, unless it is to come.
      for (const [earlier, field] of rest) {
        if (earlier === name) break
        if (one.has(earlier)) continue
        entries.push([earlier, widen(field, missing)])
        rest.delete(earlier)
      }
    }
    entries.push([name, widen(type, rest.get(name) ?? missing)])
    rest.delete(name)
  }
  for (const [name, type] of rest) entries.push([name, widen(type, missing)])
  const optionalCount = entries.filter(([, type]) => type.isOptional).length
  const isDictionary = entries.length > fieldCountMax || optionalCount > optionalCountMax
  return isDictionary ? any : { kind: 'object', fields: new Map(entries) }
}

function baseDescriptor(base: Base): TypeDescriptor {
  switch (base.kind) {
    case 'never':
      return { kind: 'any' }
    case 'array':
      return arrayDescriptor(base.item, base.items)
    case 'object':
      return {
        kind: 'object',
        fields: Array.from(base.fields, ([name, type]) => ({ name, type: descriptorOf(type) })),
      }
    default:
      return { kind: base.kind }
  }
}

/** Items of different types, as in `[word, count]`, make a tuple. */
function arrayDescriptor(item: InferredType, items: Items): TypeDescriptor {
  const types = items?.map(descriptorOf) ?? []
  const isMixed = new Set(types.map((type) => JSON.stringify(type))).size > 1
  return isMixed ? { kind: 'tuple', items: types } : { kind: 'array', of: descriptorOf(item) }
}
