import fc from 'fast-check'

/** Any text, also with characters beyond latin-1 and with lone surrogates, also long. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
  fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 100 })).map(repeat),
)

function repeat([text, times]: readonly [string, number]): string {
  return text.repeat(times)
}

/** Numbers where representations change, and arbitrary ones. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 63, 64, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 32, 2 ** 53),
)

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  anyNumber,
  anyText,
  fc.constantFrom(null, undefined, true, false),
  fc.bigInt(),
  fc.date(),
  fc.uint8Array({ maxLength: 9 }),
  fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  fc.float64Array({ maxLength: 3 }),
  fc.int16Array({ maxLength: 3 }),
  fc.bigInt64Array({ maxLength: 2 }),
)

/** Any value that has a generic encoding. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxLength: 6, noTrailingHole: false }),
    fc.dictionary(anyText, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((list) => new Map(list)),
    fc.array(tie('value'), { maxLength: 3 }).map((list) => new Set(list)),
  ),
})).value

interface GoldenValue {
  readonly value: unknown
  /** Generic encoding in hexadecimal. */
  readonly bytes: string
}

/** Never to be edited, only added to: snapshots hold values in these bytes. */
export const goldenValues: readonly GoldenValue[] = [
  { value: null, bytes: '00' },
  { value: undefined, bytes: '01' },
  { value: false, bytes: '02' },
  { value: true, bytes: '03' },
  { value: 0, bytes: 'c0' },
  { value: 63, bytes: 'ff' },
  { value: 64, bytes: '048001' },
  { value: -1, bytes: '0401' },
  { value: 2147483647, bytes: '04feffffff0f' },
  { value: -2147483648, bytes: '04ffffffff0f' },
  { value: -0, bytes: '050000000000000080' },
  { value: 1.5, bytes: '05000000000000f83f' },
  { value: 1_700_000_000_000, bytes: '0500008056febc7842' },
  { value: Number.NaN, bytes: '05000000000000f87f' },
  { value: '', bytes: '80' },
  { value: 'abc', bytes: '83616263' },
  { value: 'naïve', bytes: '856e61ef7665' },
  {
    value: 'x'.repeat(64),
    bytes: `0640${'78'.repeat(64)}`,
  },
  { value: '日本', bytes: '0706e697a5e69cac' },
  { value: '😀', bytes: '0704f09f9880' },
  { value: '\ud83d', bytes: '08013dd8' },
  { value: 0n, bytes: '090100' },
  { value: -129n, bytes: '09027fff' },
  { value: 1n << 64n, bytes: '0909000000000000000001' },
  { value: new Date(1_700_000_000_000), bytes: '0a00008056febc7842' },
  { value: new Uint8Array([1, 2, 255]), bytes: '0b030102ff' },
  { value: Buffer.from('hi'), bytes: '0c026869' },
  { value: new Float64Array([1, -0]), bytes: '0d0710000000000000f03f0000000000000080' },
  { value: new Uint16Array([1, 65_535]), bytes: '0d03040100ffff' },
  { value: new BigInt64Array([-1n]), bytes: '0d0808ffffffffffffffff' },
  { value: [], bytes: '0e00' },
  { value: [1, [2, 'x']], bytes: '0e02c10e02c28178' },
  { value: [undefined, null], bytes: '0e020100' },
  { value: Object.assign(new Array(4), { 1: 'x' }), bytes: '0e040f0181780f02' },
  { value: new Map([['a', 1]]), bytes: '10018161c1' },
  { value: new Set([1, 'b']), bytes: '1102c18162' },
  { value: {}, bytes: '1200' },
  { value: { b: 2, a: 'one', c: { d: [] } }, bytes: '12038162c28161836f6e658163120181640e00' },
  { value: { größe: 1, 日: 2 }, bytes: '1202856772f6df65c10703e697a5c2' },
]
