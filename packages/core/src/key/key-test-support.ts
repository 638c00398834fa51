import fc from 'fast-check'

/** Keys of every kind, also nested. */
export const anyKey: fc.Arbitrary<unknown> = fc.letrec<{ key: unknown; part: unknown }>((tie) => ({
  part: fc.oneof({ maxDepth: 3 }, fc.constant(null), tie('key')),
  key: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.double(),
    fc.integer({ min: -3, max: 3 }),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map(fromUnits),
    fc.boolean(),
    fc.bigInt(),
    fc.bigInt({ min: -300n, max: 300n }),
    fc.uint8Array({ maxLength: 5 }),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('part'), { maxLength: 3 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 2 }), tie('part'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).key

function fromUnits(units: readonly number[]): string {
  return String.fromCharCode(...units)
}

/** The format's description once more, as directly as it can be said. */
export function slowKey(key: unknown): Uint8Array {
  if (key === null) return Uint8Array.of(9)
  if (typeof key === 'number') return Uint8Array.of(...float64(key), 1)
  if (typeof key === 'string') return Uint8Array.of(...textBytes(key), 2)
  if (typeof key === 'boolean') return Uint8Array.of(Number(key), 3)
  if (typeof key === 'bigint') return Uint8Array.of(...bigintBytes(key), 4)
  if (key instanceof Uint8Array) return Uint8Array.of(...key, 5)
  if (key instanceof Date) return Uint8Array.of(...float64(key.getTime()), 6)
  if (Array.isArray(key)) return Uint8Array.of(...key.flatMap((item) => prefixed(slowKey(item))), 7)
  const fields = Object.entries(key as object).sort(([a], [b]) => (a < b ? -1 : 1))
  const bytes = fields.flatMap(([name, value]) => [
    ...prefixed(textBytes(name)),
    ...prefixed(slowKey(value)),
  ])
  return Uint8Array.of(...bytes, 8)
}

function float64(value: number): readonly number[] {
  if (Number.isNaN(value)) return [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value === 0 ? 0 : value)
  return [...bytes]
}

function textBytes(text: string): readonly number[] {
  // Iterating yields code points, and lone surrogates as they are.
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) as number
    const isLone = code >= 0xd800 && code < 0xe000
    if (!isLone) return [...Buffer.from(character)]
    return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]
  }).flat()
}

function bigintBytes(value: bigint): readonly number[] {
  let count = 1
  while (BigInt.asIntN(count * 8, value) !== value) count++
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(i * 8)) & 0xffn))
}

function prefixed(bytes: Iterable<number>): readonly number[] {
  const all = [...bytes]
  const length = Buffer.alloc(4)
  length.writeUInt32LE(all.length)
  return [...length, ...all]
}

interface GoldenKey {
  readonly key: unknown
  /** Canonical bytes in hexadecimal. */
  readonly bytes: string
  readonly hash: number
}

/** Never to be edited, only added to: state on disk is found by these bytes and hashes. */
export const goldenKeys: readonly GoldenKey[] = [
  { key: 0, bytes: '000000000000000001', hash: 2062673940 },
  { key: 1, bytes: '000000000000f03f01', hash: 1952467953 },
  { key: -1.5, bytes: '000000000000f8bf01', hash: -148749882 },
  { key: 123456789, bytes: '00000054346f9d4101', hash: -1623923790 },
  { key: Number.NaN, bytes: '000000000000f87f01', hash: 1445465648 },
  { key: Number.NEGATIVE_INFINITY, bytes: '000000000000f0ff01', hash: 795650192 },
  { key: '', bytes: '02', hash: 1814548639 },
  { key: 'a', bytes: '6102', hash: -1630608220 },
  { key: 'user-42', bytes: '757365722d343202', hash: 1245501615 },
  { key: 'straße', bytes: '73747261c39f6502', hash: 467311034 },
  { key: '日本', bytes: 'e697a5e69cac02', hash: 2085502099 },
  { key: '😀', bytes: 'f09f988002', hash: -12253337 },
  { key: '\ud83d', bytes: 'eda0bd02', hash: 1036496486 },
  { key: true, bytes: '0103', hash: 522886066 },
  { key: false, bytes: '0003', hash: 1894960128 },
  { key: 0n, bytes: '0004', hash: -1737284737 },
  { key: 255n, bytes: 'ff0004', hash: 2028358363 },
  { key: -128n, bytes: '8004', hash: 1104605566 },
  { key: -129n, bytes: '7fff04', hash: -1587576744 },
  { key: 1n << 64n, bytes: '00000000000000000104', hash: -2041788648 },
  { key: new Uint8Array([1, 2, 255]), bytes: '0102ff05', hash: 537813039 },
  { key: new Date(1_700_000_000_000), bytes: '00008056febc784206', hash: -1562846435 },
  { key: [], bytes: '07', hash: 1753412482 },
  { key: ['a', 1], bytes: '02000000610209000000000000000000f03f0107', hash: 1300906562 },
  { key: [['x'], null], bytes: '0700000002000000780207010000000907', hash: -1582199760 },
  { key: {}, bytes: '08', hash: 540458183 },
  {
    key: { b: 2, a: 'one' },
    bytes: '0100000061040000006f6e650201000000620900000000000000000000400108',
    hash: -2051164653,
  },
  {
    key: { Z: 1, a: { ä: true } },
    bytes: '010000005a09000000000000000000f03f0101000000610d00000002000000c3a40200000001030808',
    hash: -304809272,
  },
]
