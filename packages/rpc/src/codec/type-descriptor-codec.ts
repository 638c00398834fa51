import type { ObjectField, TypeDescriptor } from '@millrace/core'
import type {
  TypeDescriptor as TypeDescriptorProto,
  TypeDescriptor__Output as TypeDescriptorProtoOutput,
} from '../generated/millrace/v1/TypeDescriptor.ts'
import type { TypeKind__Output as TypeKindProto } from '../generated/millrace/v1/TypeKind.ts'
import { EnumCodec, required } from './enum-codec.ts'

const kindCodec = new EnumCodec<TypeDescriptor['kind'], TypeKindProto>('TypeKind', {
  float64: 'TYPE_KIND_FLOAT64',
  int32: 'TYPE_KIND_INT32',
  boolean: 'TYPE_KIND_BOOLEAN',
  string: 'TYPE_KIND_STRING',
  bigint: 'TYPE_KIND_BIGINT',
  bytes: 'TYPE_KIND_BYTES',
  date: 'TYPE_KIND_DATE',
  any: 'TYPE_KIND_ANY',
  optional: 'TYPE_KIND_OPTIONAL',
  nullable: 'TYPE_KIND_NULLABLE',
  array: 'TYPE_KIND_ARRAY',
  tuple: 'TYPE_KIND_TUPLE',
  object: 'TYPE_KIND_OBJECT',
})

export function encodeTypeDescriptor(type: TypeDescriptor): TypeDescriptorProto {
  const kind = kindCodec.encode(type.kind)
  switch (type.kind) {
    case 'optional':
    case 'nullable':
    case 'array':
      return { kind, of: encodeTypeDescriptor(type.of) }
    case 'tuple':
      return { kind, items: type.items.map(encodeTypeDescriptor) }
    case 'object': {
      const fields = type.fields.map((field) => ({
        name: field.name,
        type: encodeTypeDescriptor(field.type),
      }))
      return { kind, fields }
    }
    default:
      return { kind }
  }
}

export function decodeTypeDescriptor(proto: TypeDescriptorProtoOutput): TypeDescriptor {
  const kind = kindCodec.decode(proto.kind)
  switch (kind) {
    case 'optional':
    case 'nullable':
    case 'array':
      return { kind, of: decodeTypeDescriptor(required(proto.of, 'TypeDescriptor.of')) }
    case 'tuple':
      return { kind, items: proto.items.map(decodeTypeDescriptor) }
    case 'object': {
      const fields = proto.fields.map(
        ({ name, type }): ObjectField => ({
          name,
          type: decodeTypeDescriptor(required(type, 'ObjectField.type')),
        }),
      )
      return { kind, fields }
    }
    default:
      return { kind }
  }
}
