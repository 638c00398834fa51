// A row of a shape:
//   u8 tag | key part | fixed part | variable part
// Key part: nothing; or i32 hash; or i32 hash and float64 key.
// Fixed part: the numbers, booleans and dates that every record of the shape has, at constant
// offsets, in the order of their declaration. Fields of an object that every record has stand in
// it as if they were the record's own.
// Variable part: everything else in the order of its declaration. Here
//   optional  u8 0 missing, 1 undefined, 2 followed by the value
//   nullable  u8 0 null, 1 followed by the value
//   array     u32 length, items
//   string    see row-text.ts;   bigint, bytes  u32 length, bytes;   any  generic encoding
//   numbers, booleans, dates, objects and tuples inside of these: one part after the other

import type { PrimitiveKind, TypeDescriptor } from '../../type/type-descriptor.ts'
import type { KeyMode } from './shape.ts'

export const keyPartBytes: Readonly<Record<KeyMode, number>> = { none: 0, hash: 4, number: 12 }

export const optionalMark = { missing: 0, undefined: 1, value: 2 } as const

const fixedBytes: Partial<Readonly<Record<TypeDescriptor['kind'], number>>> = {
  float64: 8,
  date: 8,
  int32: 4,
  boolean: 1,
} satisfies Partial<Record<PrimitiveKind, number>>

/** Bytes of a type that always takes the same, else undefined. */
export function fixedBytesOf(type: TypeDescriptor): number | undefined {
  return fixedBytes[type.kind]
}

/** Bytes that a value of this type takes at least, in the variable part. */
export function bytesMin(type: TypeDescriptor): number {
  switch (type.kind) {
    case 'object':
      return type.fields.reduce((sum, field) => sum + bytesMin(field.type), 0)
    case 'tuple':
      return type.items.reduce((sum, item) => sum + bytesMin(item), 0)
    case 'array':
    case 'bigint':
    case 'bytes':
      return 4
    default:
      return fixedBytes[type.kind] ?? 1
  }
}
