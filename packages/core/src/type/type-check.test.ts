import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { anyValue } from '../row/generic/value-test-support.ts'
import { createTypeChecker } from './type-check.ts'
import { explainMismatch } from './type-mismatch.ts'
import { anyType, valueOfType } from './type-test-support.ts'
import { types } from './types.ts'

const check = createTypeChecker(
  types.object({
    user: types.string,
    amount: types.float64,
    count: types.optional(types.int32),
    parent: types.nullable(types.object({ when: types.date, raw: types.optional(types.bytes) })),
    points: types.array(types.tuple(types.bigint, types.boolean)),
    rest: types.any,
  }).descriptor,
)

const fitting = { user: 'a', amount: 1.5, parent: null, points: [], rest: undefined }

test('a value of the declared type has no mismatch', () => {
  assert.equal(check(fitting), undefined)
  assert.equal(check({ ...fitting, count: undefined }), undefined)
  assert.equal(check({ ...fitting, rest: () => 1, points: [[1n, true]], count: -1 }), undefined)
  const parent = { when: new Date(0), raw: Buffer.from('x') }
  assert.equal(check({ ...fitting, parent }), undefined)
})

test('a mismatch names the path, what was expected and what was found', () => {
  const { rest: _rest, ...withoutRest } = fitting
  const mismatches: readonly (readonly [unknown, string])[] = [
    [{ ...fitting, amount: '12' }, `field 'amount': expected float64, found string "12"`],
    [{ ...fitting, count: 1.5 }, `field 'count': expected int32, found number 1.5`],
    [{ ...fitting, count: -0 }, `field 'count': expected int32, found number -0`],
    [{ ...fitting, count: null }, `field 'count': expected int32, found null`],
    [{ ...fitting, parent: undefined }, `field 'parent': expected an object, found undefined`],
    [{ ...fitting, parent: {} }, `field 'parent.when': expected date, found no such field`],
    [
      { ...fitting, points: [[1n, true], [2n]] },
      `field 'points[1]': expected an array of 2 items, found an array of 1 items`,
    ],
    [
      { ...fitting, points: [[1n, 'yes']] },
      `field 'points[0][1]': expected boolean, found string "yes"`,
    ],
    [{ ...fitting, points: new Array(1) }, `field 'points[0]': expected an item, found a hole`],
    [{ ...fitting, extra: 1 }, `field 'extra': not declared in the type`],
    [withoutRest, `field 'rest': expected any, found no such field`],
    [[fitting], 'expected an object, found an array of 1 items'],
    [new Map(), 'expected an object, found an object of the class Map'],
  ]
  for (const [value, message] of mismatches) assert.equal(check(value), message)
})

test('the generated test and the explanation agree on any value of any type', () => {
  let fits = 0
  let misfits = 0
  const typeAndValue = fc.tuple(anyType, anyType).chain(([type, other]) => {
    const value = fc.oneof(valueOfType(type), valueOfType(type), valueOfType(other), anyValue)
    return fc.tuple(fc.constant(type), value)
  })
  fc.assert(
    fc.property(typeAndValue, ([type, value]) => {
      const explanation = explainMismatch(type, value)
      assert.equal(createTypeChecker(type)(value), explanation)
      if (explanation === undefined) fits++
      else misfits++
    }),
    { numRuns: 500 },
  )
  assert.ok(fits > 100)
  assert.ok(misfits > 20)
})
