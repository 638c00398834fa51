import fc from 'fast-check'
import { anyNumber, anyText, anyValue } from '../row/generic/value-test-support.ts'
import type { ObjectField, TypeDescriptor } from './type-descriptor.ts'

const fieldName = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'c',
    'd',
    'constructor',
    '__proto__',
    'hasOwnProperty',
    '0',
    'n 1',
    '"',
  ),
  anyText,
)

/** Any declared type. */
export const anyType: fc.Arbitrary<TypeDescriptor> = fc.letrec<{ type: TypeDescriptor }>((tie) => {
  const field: fc.Arbitrary<ObjectField> = fc.record({ name: fieldName, type: tie('type') })
  const primitive = fc
    .constantFrom(
      'float64' as const,
      'int32' as const,
      'boolean' as const,
      'string' as const,
      'bigint' as const,
      'bytes' as const,
      'date' as const,
      'any' as const,
    )
    .map((kind): TypeDescriptor => ({ kind }))
  const wrapped = fc
    .tuple(fc.constantFrom('optional' as const, 'nullable' as const, 'array' as const), tie('type'))
    .map(([kind, of]): TypeDescriptor => ({ kind, of }))
  return {
    type: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      primitive,
      wrapped,
      fc
        .array(tie('type'), { maxLength: 3 })
        .map((items): TypeDescriptor => ({ kind: 'tuple', items })),
      fc
        .uniqueArray(field, { maxLength: 6, selector: ({ name }) => name })
        .map((fields): TypeDescriptor => ({ kind: 'object', fields })),
    ),
  }
}).type

/** Any value of a declared type. */
export function valueOfType(type: TypeDescriptor): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'float64':
      return anyNumber
    case 'int32':
      return fc.integer()
    case 'boolean':
      return fc.boolean()
    case 'string':
      return anyText
    case 'bigint':
      return fc.bigInt()
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 })
    case 'date':
      return fc.date()
    case 'any':
      return anyValue
    case 'optional':
      return fc.oneof(fc.constant(undefined), valueOfType(type.of))
    case 'nullable':
      return fc.oneof(fc.constant(null), valueOfType(type.of))
    case 'array':
      return fc.array(valueOfType(type.of), { maxLength: 4 })
    case 'tuple':
      return fc.tuple(...type.items.map(valueOfType))
    case 'object':
      return objectOf(type.fields)
  }
}

const absent = Symbol('absent')

/** Optional fields are sometimes missing, sometimes undefined. */
function objectOf(fields: readonly ObjectField[]): fc.Arbitrary<unknown> {
  const values = fields.map(({ type }) =>
    type.kind === 'optional' ? fc.oneof(fc.constant(absent), valueOfType(type)) : valueOfType(type),
  )
  return fc.tuple(...values).map((list) => {
    const entries = fields.map(({ name }, i) => [name, list[i]] as const)
    return Object.fromEntries(entries.filter(([, value]) => value !== absent))
  })
}
