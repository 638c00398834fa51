import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CallSite } from '../stream/call-site.ts'
import { readAll } from './reader-test-support.ts'
import { SequenceSource, splitSequence } from './sequence-source.ts'

const sourceOf = (from: number, to: number): SequenceSource =>
  new SequenceSource({ from, to }, new CallSite(sourceOf))

test('the subtasks read each number once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -50, max: 50 }),
      fc.nat(60),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 20 }),
      (from, length, parallelism, countMax) => {
        const read = readAll(sourceOf(from, from + length), { parallelism, countMax })
        const all = read.flat().sort((a, b) => a - b)
        assert.deepEqual(
          all,
          Array.from({ length: length + 1 }, (_, index) => from + index),
        )
      },
    ),
  )
})

test('splits differ in length by one at most', () => {
  assert.deepEqual(splitSequence({ from: 1, to: 10 }, 3), [
    { from: 1, to: 4 },
    { from: 5, to: 7 },
    { from: 8, to: 10 },
  ])
  assert.deepEqual(splitSequence({ from: 5, to: 6 }, 4), [
    { from: 5, to: 5 },
    { from: 6, to: 6 },
  ])
})

test('numbers at the ends of the exact range are read', () => {
  const last = Number.MAX_SAFE_INTEGER
  assert.deepEqual(readAll(sourceOf(last - 1, last), { parallelism: 1, countMax: 9 }), [
    [last - 1, last],
  ])
})

test('a sequence that is none is refused', () => {
  for (const [from, to] of [
    [1, 0],
    [0.5, 2],
    [0, Number.POSITIVE_INFINITY],
    [Number.NaN, 1],
  ] as const) {
    assert.throws(() => sourceOf(from, to), { code: 'ARGUMENT_INVALID' })
  }
})
