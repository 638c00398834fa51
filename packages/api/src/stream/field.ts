/** What min, max, minBy and maxBy can compare. */
// biome-ignore lint/style/noRestrictedGlobals: names the type of a value and reads no clock.
export type Ordered = number | bigint | string | Date

/** Names of the fields of `T` (positions, where it is a tuple) whose values are numbers. */
export type NumericField<T> = FieldOf<T, number | bigint>

/** Names of the fields of `T` (positions, where it is a tuple) whose values have an order. */
export type OrderedField<T> = FieldOf<T, Ordered>

/** The type of a sum of such numbers. */
export type Sum<N extends number | bigint> = N extends bigint ? bigint : number

type FieldOf<T, Value> = T extends readonly unknown[]
  ? PositionOf<T, Value>
  : { [Field in keyof T & string]-?: T[Field] extends Value ? Field : never }[keyof T & string]

type PositionOf<T extends readonly unknown[], Value> = number extends T['length']
  ? T[number] extends Value
    ? number
    : never
  : {
      [Position in keyof T]-?: Position extends `${infer Index extends number}`
        ? T[Position] extends Value
          ? Index
          : never
        : never
    }[number]
