import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyTable, StateEntry } from './key-table.ts'

test('a table holds what a map would, however hashes collide', () => {
  const key = fc.integer({ min: 0, max: 60 })
  const operation = fc.record({ kind: fc.constantFrom('put', 'delete', 'get'), key })
  // Few different hashes, among them neighbours and the extremes, so that probes run into each
  // other.
  const hashes = fc.array(fc.constantFrom(0, 1, 2, 3, 126, 127, -1, -2, 2 ** 31 - 1, -(2 ** 31)), {
    minLength: 61,
    maxLength: 61,
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), hashes, (operations, hashOf) => {
      const table = new KeyTable()
      const model = new Map<number, number>()
      for (const [step, { kind, key }] of operations.entries()) {
        const hash = hashOf[key] as number
        const entry = table.find(key, hash)
        assert.equal(entry?.value, model.get(key))
        if (kind === 'put') {
          if (entry === undefined) table.insert(new StateEntry(key, hash, step))
          else entry.value = step
          model.set(key, step)
        } else if (kind === 'delete') {
          assert.equal(entry !== undefined && table.delete(entry), model.delete(key))
        }
        assert.equal(table.size, model.size)
      }
      const content = [...table].map(({ key, value }) => [key, value] as const)
      const byKey = (one: readonly unknown[], other: readonly unknown[]) =>
        Number(one[0]) - Number(other[0])
      assert.deepEqual(content.sort(byKey), [...model].sort(byKey))
    }),
  )
})

test('an entry that was taken out is not taken out again', () => {
  const table = new KeyTable()
  const entry = new StateEntry('a', 7, 1)
  table.insert(entry)
  assert.equal(table.delete(entry), true)
  assert.equal(table.delete(entry), false)
})

test('a table grows far beyond its first size', () => {
  const table = new KeyTable()
  for (let key = 0; key < 10_000; key++) {
    table.insert(new StateEntry(key, Math.imul(key, 0x9e3779b1), key))
  }
  for (let key = 0; key < 10_000; key++) {
    assert.equal(table.find(key, Math.imul(key, 0x9e3779b1))?.value, key)
  }
  assert.equal(table.find(10_000, Math.imul(10_000, 0x9e3779b1)), undefined)
})
