import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyTable } from './key-table.ts'

test('a table holds what a map would, however hashes collide', () => {
  const key = fc.integer({ min: 0, max: 60 })
  const operation = fc.record({ kind: fc.constantFrom('put', 'delete', 'get', 'reserve'), key })
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
        const place = table.find(key, undefined, hash)
        assert.equal(place < 0 ? undefined : table.valueAt(place), model.get(key))
        if (kind === 'put') {
          if (place < 0)
            assert.equal(table.insert(key, undefined, hash, step), table.find(key, undefined, hash))
          else table.setValueAt(place, step)
          model.set(key, step)
        } else if (kind === 'reserve') {
          table.reserve(step * 7)
        } else if (kind === 'delete') {
          if (place >= 0) table.delete(place)
          assert.equal(model.delete(key), place >= 0)
        }
        assert.equal(table.size, model.size)
      }
      assert.equal(usedPlaces(table), model.size)
      for (const [key, step] of model) {
        const place = table.find(key, undefined, hashOf[key] as number)
        assert.equal(table.valueAt(place), step)
      }
    }),
  )
})

test('equal keys of several namespaces are apart, even if their hashes are one', () => {
  const table = new KeyTable()
  table.insert('a', undefined, 7, 'void')
  const place = table.insert('a', 'first', 7, 1)
  table.insert('a', 'second', 7, 2)
  const values = (): unknown[] =>
    [undefined, 'first', 'second'].map((namespace) => table.valueAt(table.find('a', namespace, 7)))
  assert.deepEqual(values(), ['void', 1, 2])
  table.delete(place)
  assert.equal(table.find('a', 'first', 7), -1)
  assert.equal(table.insert('b', undefined, 7, 3), place)
  assert.deepEqual(values(), ['void', undefined, 2])
  assert.equal(table.find('b', 'first', 7), -1)
})

test('a place that was freed is used again', () => {
  const table = new KeyTable()
  const place = table.insert('a', undefined, 7, 1)
  table.insert('b', undefined, 7, 2)
  table.delete(place)
  assert.equal(table.find('a', undefined, 7), -1)
  assert.equal(table.insert('c', undefined, 9, 3), place)
  assert.equal(table.find('c', undefined, 9), place)
  assert.equal(usedPlaces(table), 2)
})

test('a place that is free already is not deleted', () => {
  const table = new KeyTable()
  const place = table.insert('a', undefined, 7, 1)
  table.delete(place)
  assert.throws(() => table.delete(place), { message: /A free place is deleted/ })
  assert.throws(() => table.delete(5), { message: /A free place is deleted/ })
})

test('a table grows far beyond its first size', () => {
  const table = new KeyTable()
  for (let key = 0; key < 10_000; key++) {
    table.insert(key, undefined, Math.imul(key, 0x9e3779b1), key)
  }
  for (let key = 0; key < 10_000; key++) {
    assert.equal(table.valueAt(table.find(key, undefined, Math.imul(key, 0x9e3779b1))), key)
  }
  assert.equal(table.find(10_000, undefined, Math.imul(10_000, 0x9e3779b1)), -1)
})

function usedPlaces(table: KeyTable): number {
  let count = 0
  for (let place = 0; place < table.placeCount; place++) if (table.isUsed(place)) count++
  return count
}
