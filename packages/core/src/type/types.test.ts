import assert from 'node:assert/strict'
import test from 'node:test'
import { type TypeOf, types } from './types.ts'

/** Compiles only if both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : 'they differ'

const order = types.object({
  user: types.string,
  amount: types.float64,
  note: types.optional(types.string),
  parent: types.nullable(types.object({ id: types.bigint })),
  tags: types.array(types.string),
  point: types.tuple(types.int32, types.nullable(types.boolean)),
  when: types.date,
  raw: types.bytes,
})

test('the TypeScript type of a declared type is inferred exactly', () => {
  const inferred: Same<
    TypeOf<typeof order>,
    {
      user: string
      amount: number
      note?: string | undefined
      parent: { id: bigint } | null
      tags: string[]
      point: [number, boolean | null]
      when: Date
      raw: Uint8Array
    }
  > = true
  assert.ok(inferred)
})

test('a descriptor is plain data with the fields in the order of their declaration', () => {
  const { descriptor } = types.object({
    b: types.optional(types.array(types.int32)),
    a: types.tuple(types.any, types.nullable(types.date)),
  })
  assert.deepEqual(JSON.parse(JSON.stringify(descriptor)), {
    kind: 'object',
    fields: [
      { name: 'b', type: { kind: 'optional', of: { kind: 'array', of: { kind: 'int32' } } } },
      {
        name: 'a',
        type: {
          kind: 'tuple',
          items: [{ kind: 'any' }, { kind: 'nullable', of: { kind: 'date' } }],
        },
      },
    ],
  })
})
