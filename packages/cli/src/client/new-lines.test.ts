import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newLines } from './new-lines.ts'

test('only what was logged since the last look is new', () => {
  assert.deepEqual(newLines([], ['a']), ['a'])
  assert.deepEqual(newLines(['a', 'b'], ['a', 'b']), [])
  assert.deepEqual(newLines(['a', 'b'], ['a', 'b', 'c']), ['c'])
  assert.deepEqual(newLines(['a', 'b', 'c'], ['b', 'c', 'd']), ['d'])
  assert.deepEqual(newLines(['a', 'b'], ['x', 'y']), ['x', 'y'])
  assert.deepEqual(newLines(['a', 'b'], []), [])
})

test('looks at a bounded log, put together, are the log', () => {
  const property = fc.property(
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 20 }),
    fc.integer({ min: 5, max: 9 }),
    (steps, size) => {
      const log: string[] = []
      let known: readonly string[] = []
      const told: string[] = []
      for (const count of steps) {
        for (let i = 0; i < count; i++) log.push(`line ${log.length}`)
        const look = log.slice(-size)
        told.push(...newLines(known, look))
        known = look
      }
      assert.deepEqual(told, log)
    },
  )
  fc.assert(property)
})
