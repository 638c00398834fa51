import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyTable } from './key-table.ts'

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
        const place = table.find(key, hash)
        assert.equal(place < 0 ? undefined : table.valueAt(place), model.get(key))
        if (kind === 'put') {
          if (place < 0) assert.equal(table.insert(key, hash, step), table.find(key, hash))
          else table.setValueAt(place, step)
          model.set(key, step)
        } else if (kind === 'delete') {
          if (place >= 0) table.delete(place, hash)
          assert.equal(model.delete(key), place >= 0)
        }
        assert.equal(table.size, model.size)
      }
      const content = [...table]
      const byKey = (one: readonly unknown[], other: readonly unknown[]) =>
        Number(one[0]) - Number(other[0])
      assert.deepEqual(content.sort(byKey), [...model].sort(byKey))
    }),
  )
})

test('a place that was freed is used again', () => {
  const table = new KeyTable()
  const place = table.insert('a', 7, 1)
  table.insert('b', 7, 2)
  table.delete(place, 7)
  assert.equal(table.find('a', 7), -1)
  assert.equal(table.insert('c', 9, 3), place)
  assert.deepEqual(
    [...table],
    [
      ['c', 3],
      ['b', 2],
    ],
  )
})

test('a table grows far beyond its first size', () => {
  const table = new KeyTable()
  for (let key = 0; key < 10_000; key++) {
    table.insert(key, Math.imul(key, 0x9e3779b1), key)
  }
  for (let key = 0; key < 10_000; key++) {
    assert.equal(table.valueAt(table.find(key, Math.imul(key, 0x9e3779b1))), key)
  }
  assert.equal(table.find(10_000, Math.imul(10_000, 0x9e3779b1)), -1)
})
