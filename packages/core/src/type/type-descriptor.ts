/** A declared record type as data. `any` is the self-describing generic encoding. */
export type TypeDescriptor =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'optional'; readonly of: TypeDescriptor }
  | { readonly kind: 'nullable'; readonly of: TypeDescriptor }
  | { readonly kind: 'array'; readonly of: TypeDescriptor }
  | { readonly kind: 'tuple'; readonly items: readonly TypeDescriptor[] }
  | { readonly kind: 'object'; readonly fields: readonly ObjectField[] }

export type PrimitiveKind =
  | 'float64'
  | 'int32'
  | 'boolean'
  | 'string'
  | 'bigint'
  | 'bytes'
  | 'date'
  | 'any'

/** Fields stand in declaration order; that is also their order in a row. */
export interface ObjectField {
  readonly name: string
  readonly type: TypeDescriptor
}

declare const phantom: unique symbol

/** A descriptor that carries the TypeScript type it stands for. Made by `types`. */
export interface TypeInformation<T> {
  readonly descriptor: TypeDescriptor
  readonly [phantom]?: T
}
