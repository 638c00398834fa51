import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TypeInformation } from './type-descriptor.ts'
import { typeEvolution } from './type-evolution.ts'
import { types } from './types.ts'

function evolution(
  from: TypeInformation<unknown> | undefined,
  to: TypeInformation<unknown> | undefined,
): string {
  const found = typeEvolution(from?.descriptor ?? null, to?.descriptor ?? null)
  return found.kind === 'incompatible' ? found.reason : found.kind
}

const { object, optional, nullable, array, tuple, float64, int32, string, boolean } = types

test('additions and wider types are compatible', () => {
  const order = object({ user: string, amount: int32 })
  assert.equal(evolution(order, object({ amount: int32, user: string })), 'same')
  assert.equal(evolution(order, object({ user: string, amount: float64 })), 'widened')
  assert.equal(
    evolution(order, object({ user: string, amount: int32, note: optional(nullable(string)) })),
    'widened',
  )
  assert.equal(
    evolution(order, object({ user: nullable(string), amount: optional(int32) })),
    'widened',
  )
  assert.equal(evolution(array(tuple(int32)), array(tuple(float64))), 'widened')
  assert.equal(evolution(optional(nullable(string)), nullable(optional(string))), 'same')
  assert.equal(evolution(order, types.any), 'widened')
  assert.equal(evolution(order, undefined), 'same')
  assert.equal(evolution(undefined, order), 'to-check')
  assert.equal(evolution(object({ more: types.any }), object({ more: string })), 'to-check')
})

test('what saved values cannot have is named with its place', () => {
  const order = object({ user: string, amount: float64 })
  assert.match(evolution(order, object({ user: string })), /^field 'amount': it was removed/)
  assert.match(
    evolution(order, object({ user: string, amount: float64, paid: nullable(boolean) })),
    /^field 'paid': it is new, .*declare it types\.optional\(types\.nullable\(types\.boolean\)\)$/,
  )
  assert.match(
    evolution(object({ items: array(order) }), object({ items: array(string) })),
    /^field 'items\[\]': it was an object of 2 fields, and is string now$/,
  )
  assert.match(evolution(float64, int32), /^it was float64, and is int32 now$/)
  assert.match(evolution(nullable(string), string), /^it could be null, and is string now$/)
  assert.match(evolution(optional(string), nullable(string)), /^it could be undefined, and is null/)
  assert.match(
    evolution(object({ a: optional(string) }), object({ a: nullable(optional(string)) })),
    /^field 'a': it could be missing/,
  )
  assert.match(evolution(tuple(int32), tuple(int32, int32)), /a tuple of 1 items, and is a tuple/)
  assert.match(evolution(array(int32), tuple(int32)), /it was an array of int32/)
})
