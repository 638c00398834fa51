import type { DateValue } from './date-value.ts'
import type { TypeDescriptor, TypeInformation } from './type-descriptor.ts'

/** The TypeScript type that a declared type stands for: `TypeOf<typeof orderType>`. */
export type TypeOf<Information> = Information extends TypeInformation<infer T> ? T : never

/** Declared fields, by name. */
export type ObjectTypes = Readonly<Record<string, TypeInformation<unknown>>>

/** The object type of declared fields: those declared `optional` may be missing. */
export type ObjectOf<Fields extends ObjectTypes> = Flat<
  { [Name in RequiredNames<Fields>]: TypeOf<Fields[Name]> } & {
    [Name in OptionalNames<Fields>]?: TypeOf<Fields[Name]>
  }
>

/** The tuple type of declared items. */
export type TupleOf<Items extends readonly TypeInformation<unknown>[]> = {
  [Index in keyof Items]: TypeOf<Items[Index]>
}

type OptionalNames<Fields extends ObjectTypes> = {
  [Name in keyof Fields]: undefined extends TypeOf<Fields[Name]>
    ? unknown extends TypeOf<Fields[Name]>
      ? never
      : Name
    : never
}[keyof Fields]

type RequiredNames<Fields extends ObjectTypes> = Exclude<keyof Fields, OptionalNames<Fields>>

type Flat<T> = { [Name in keyof T]: T[Name] }

/**
 * Declares the type of records and of state. A declared type is checked, and encoded without
 * field names from the first record on.
 *
 * ```ts
 * const order = types.object({ user: types.string, amount: types.float64 })
 * type Order = TypeOf<typeof order>   // { user: string; amount: number }
 * ```
 */
export const types: Types = {
  float64: typeInformation({ kind: 'float64' }),
  int32: typeInformation({ kind: 'int32' }),
  boolean: typeInformation({ kind: 'boolean' }),
  string: typeInformation({ kind: 'string' }),
  bigint: typeInformation({ kind: 'bigint' }),
  bytes: typeInformation({ kind: 'bytes' }),
  date: typeInformation({ kind: 'date' }),
  any: typeInformation({ kind: 'any' }),
  optional: (type) => typeInformation({ kind: 'optional', of: type.descriptor }),
  nullable: (type) => typeInformation({ kind: 'nullable', of: type.descriptor }),
  array: (type) => typeInformation({ kind: 'array', of: type.descriptor }),
  tuple: (...items) => {
    return typeInformation({ kind: 'tuple', items: items.map((item) => item.descriptor) })
  },
  object: (fields) => {
    const entries = Object.entries(fields)
    return typeInformation({
      kind: 'object',
      fields: entries.map(([name, type]) => ({ name, type: type.descriptor })),
    })
  },
}

/** What `types` offers. */
export interface Types {
  /** Any number. */
  readonly float64: TypeInformation<number>
  /** An integer from -2^31 to 2^31 - 1, but not -0. */
  readonly int32: TypeInformation<number>
  readonly boolean: TypeInformation<boolean>
  readonly string: TypeInformation<string>
  readonly bigint: TypeInformation<bigint>
  /** A Uint8Array; a Buffer arrives as a Uint8Array. */
  readonly bytes: TypeInformation<Uint8Array>
  readonly date: TypeInformation<DateValue>
  /** Anything that the generic encoding can hold, with its own description. */
  // biome-ignore lint/suspicious/noExplicitAny: only the user knows what such a field holds
  readonly any: TypeInformation<any>
  /** May be undefined; as a field, may be missing too. */
  optional<T>(type: TypeInformation<T>): TypeInformation<T | undefined>
  /** May be null. */
  nullable<T>(type: TypeInformation<T>): TypeInformation<T | null>
  array<T>(type: TypeInformation<T>): TypeInformation<T[]>
  /** An array of exactly these items. */
  tuple<Items extends readonly TypeInformation<unknown>[]>(
    ...items: Items
  ): TypeInformation<TupleOf<Items>>
  /** An object of exactly these fields; a field that is not declared does not fit. */
  object<Fields extends ObjectTypes>(fields: Fields): TypeInformation<ObjectOf<Fields>>
}

function typeInformation<T>(descriptor: TypeDescriptor): TypeInformation<T> {
  return { descriptor }
}
