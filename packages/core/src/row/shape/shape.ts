import type { ObjectField, TypeDescriptor } from '../../type/type-descriptor.ts'

/**
 * What a record's row says about its key: nothing; the hash and the number that the key is; or
 * the hash alone, and the receiver evaluates the key selector again.
 */
export type KeyMode = 'none' | 'number' | 'hash'

/** How records of one kind are laid out in rows. */
export interface RowShape {
  readonly type: TypeDescriptor
  readonly key: KeyMode
}

/** The shape as it stands in a SHAPE row. Equal shapes have equal texts. */
export function shapeText(shape: RowShape): string {
  return JSON.stringify({ key: shape.key, type: shape.type })
}

/** The shape of a SHAPE row. Throws a RangeError where the text is no shape's. */
export function parseShape(text: string): RowShape {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new RangeError(`A shape is no JSON: ${text}`)
  }
  const { key, type } = asObject(parsed)
  if (key !== 'none' && key !== 'number' && key !== 'hash') {
    throw new RangeError(`A shape has the key mode ${String(key)}.`)
  }
  return { key, type: parseType(type) }
}

function parseType(parsed: unknown): TypeDescriptor {
  const { kind, of, items, fields } = asObject(parsed)
  switch (kind) {
    case 'float64':
    case 'int32':
    case 'boolean':
    case 'string':
    case 'bigint':
    case 'bytes':
    case 'date':
    case 'any':
      return { kind }
    case 'optional':
    case 'nullable':
    case 'array':
      return { kind, of: parseType(of) }
    case 'tuple':
      return { kind, items: asArray(items).map(parseType) }
    case 'object':
      return { kind, fields: asArray(fields).map(parseField) }
    default:
      throw new RangeError(`A shape has a type of the kind ${String(kind)}.`)
  }
}

function parseField(parsed: unknown): ObjectField {
  const { name, type } = asObject(parsed)
  if (typeof name !== 'string') throw new RangeError('A field of a shape has no name.')
  return { name, type: parseType(type) }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new RangeError('A shape lacks a part.')
}

function asArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new RangeError('A shape lacks a list.')
}
