// The generic encoding describes itself: a tag before each value. It stands in rows without a
// shape, in fields of type `any`, and in state without a declared type, so it outlives a process:
// tags may be added, never changed. `v` below is an unsigned LEB128 number; the rest is
// little-endian.
//
//   0  null           4  int         v of the zigzag value (32-bit integers but -0)
//   1  undefined      5  float64     8 bytes (-0, NaN, all other numbers)
//   2  false          6  latin-1     v length, a byte per character
//   3  true           7  UTF-8       v bytes, text without lone surrogates
//   9  bigint         8  UTF-16      v code units, two bytes each
//      v bytes, two's complement     10 Date         float64, milliseconds since 1970
//   11 Uint8Array     v bytes        12 Buffer       v bytes
//   13 typed array    u8 class (see `typedArrays`), v bytes
//   14 array          v length, items; 15 is a run of v holes among them
//   16 Map            v entries, key and value each         17 Set   v values
//   18 object         v fields, name (as a string value) and value each, in their order
//   0x80 | n          latin-1 string of n < 64 characters
//   0xc0 | n          int 0 ≤ n < 64
//
// An instance of a class is written as its own enumerable fields and comes back as a plain object.

export const genericTag = {
  null: 0,
  undefined: 1,
  false: 2,
  true: 3,
  int: 4,
  float64: 5,
  latin1: 6,
  utf8: 7,
  utf16: 8,
  bigint: 9,
  date: 10,
  uint8Array: 11,
  buffer: 12,
  typedArray: 13,
  array: 14,
  holes: 15,
  map: 16,
  set: 17,
  object: 18,
  shortText: 0x80,
  smallInt: 0xc0,
} as const

/** Classes of typed arrays. The place in this list is the class's number in the encoding. */
export const typedArrays: readonly TypedArrayClass[] = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
]

export interface TypedArrayClass {
  new (buffer: ArrayBuffer): ArrayBufferView
}
