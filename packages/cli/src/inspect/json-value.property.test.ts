import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeGeneric, encodeGeneric } from '@millrace/core'
import fc from 'fast-check'
import { fromJsonValue, type JsonValue, toJsonValue } from './json-value.ts'

const bytes = fc.uint8Array({ maxLength: 16 })
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, undefined, true, -0, Number.NaN, Number.POSITIVE_INFINITY),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  bytes,
  bytes.map((each) => Buffer.from(each)),
  fc.float64Array({ maxLength: 4 }),
  fc.bigInt64Array({ maxLength: 4 }),
  fc.uint8ClampedArray({ maxLength: 4 }),
)
const name = fc.oneof(
  fc.string(),
  fc.constantFrom('$bytes', '$', '__proto__', 'constructor', '$hole', '7'),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxLength: 6 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 3 })
      .map((each) => Object.fromEntries(each)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((each) => new Map(each)),
    fc.array(tie('value'), { maxLength: 3 }).map((each) => new Set(each)),
  ),
}))

test('whatever may be in state comes back from JSON as it was', () => {
  fc.assert(
    fc.property(value, (original) => {
      const text = JSON.stringify(toJsonValue(original))
      const found = fromJsonValue(JSON.parse(text) as JsonValue)
      assert.deepEqual(found, original)
      // Also what deepEqual does not see: the encoding tells all that state keeps.
      assert.deepEqual(encodeGeneric(found), encodeGeneric(original))
      assert.deepEqual(decodeGeneric(encodeGeneric(found)), original)
    }),
    { numRuns: 500 },
  )
})

test('what has no meaning is told with its place', () => {
  for (const [json, expected] of [
    [{ a: [{ $bigint: 'x' }] }, /It\.a\[0\] is \{ "\$bigint": "x" \}/],
    [{ $bytes: 'no base64' }, /no base64/],
    [{ $date: 'tomorrow' }, /the date "tomorrow"/],
    [{ $map: [1] }, /It\[0\] is no pair/],
    [{ $number: '1' }, /\$number/],
    [{ $what: 1 }, /\$what/],
    [{ $bytes: '', more: 1 }, /the fields \$bytes, more/],
    [{ $Float64Array: 'AAAA' }, /Float64Array of 3 bytes/],
  ] as const) {
    assert.throws(() => fromJsonValue(json as JsonValue), {
      code: 'ARGUMENT_INVALID',
      message: expected,
    })
  }
})

test('plain JSON is itself', () => {
  const json = { user: 'ann', amounts: [1, 2.5, null], isKnown: true }
  assert.deepEqual(toJsonValue(json), json)
  assert.deepEqual(fromJsonValue(json), json)
})
