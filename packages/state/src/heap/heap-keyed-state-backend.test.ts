import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '@millrace/core'
import { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'

const descriptor = { name: 'count', type: undefined }

function backendWithKeys(): {
  readonly backend: HeapKeyedStateBackend
  readonly use: (key: unknown) => void
} {
  const backend = new HeapKeyedStateBackend()
  return { backend, use: (key) => backend.setCurrentKey(key, hashKey(key)) }
}

test('each key has its own value; a cleared one has none', () => {
  const { backend, use } = backendWithKeys()
  const state = backend.getValueState<number>(descriptor)
  use('a')
  assert.equal(state.value(), undefined)
  state.update(1)
  use('b')
  assert.equal(state.value(), undefined)
  state.update(2)
  use('a')
  assert.equal(state.value(), 1)
  state.clear()
  assert.equal(state.value(), undefined)
  state.clear()
  use('b')
  assert.equal(state.value(), 2)
  state.update(undefined)
  assert.equal(state.value(), undefined)
})

const equalKeys: readonly [string, unknown, unknown][] = [
  ['NaN and NaN', Number.NaN, Number.NaN],
  ['0 and -0', 0, -0],
  ['objects with their fields in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
  ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ['bigints', 12n, 12n],
  ['dates', new Date(5), new Date(5)],
]
for (const [what, one, other] of equalKeys) {
  test(`equal keys share a value: ${what}`, () => {
    const { backend, use } = backendWithKeys()
    const state = backend.getValueState<number>(descriptor)
    use(one)
    state.update(1)
    use(other)
    assert.equal(state.value(), 1)
  })
}

test('keys that print alike are different keys', () => {
  const { backend, use } = backendWithKeys()
  const state = backend.getValueState<number>(descriptor)
  const keys = [1, '1', true, 'true', 1n, [1], { 0: 1 }, '\0n', Number.NaN]
  for (const [index, key] of keys.entries()) {
    use(key)
    assert.equal(state.value(), undefined)
    state.update(index)
  }
  for (const [index, key] of keys.entries()) {
    use(key)
    assert.equal(state.value(), index)
  }
})

test('no reference crosses the state border, neither in nor out', () => {
  const { backend, use } = backendWithKeys()
  const state = backend.getValueState<{ n: number; list: number[] }>(descriptor)
  use('a')
  const given = { n: 1, list: [1] }
  state.update(given)
  given.n = 2
  given.list.push(2)
  assert.deepEqual(state.value(), { n: 1, list: [1] })
  const got = state.value()
  assert.ok(got !== undefined)
  got.n = 3
  got.list.push(3)
  assert.deepEqual(state.value(), { n: 1, list: [1] })
})

test('flat objects, lists, dates, maps and class instances are copied', () => {
  class Point {
    x = 1
  }
  const { backend, use } = backendWithKeys()
  const state = backend.getValueState<unknown>(descriptor)
  use('a')
  const values: readonly [unknown, unknown][] = [
    [{ text: 'a text of some length', n: 1, none: null, missing: undefined }, undefined],
    [['a text of some length', 2, true], undefined],
    [new Date(7), undefined],
    [new Map([['a', { b: 1 }]]), undefined],
    [new Uint8Array([1, 2]), undefined],
    [new Point(), { x: 1 }],
    [null, undefined],
    [12n, undefined],
  ]
  for (const [value, expected] of values) {
    state.update(value)
    assert.deepEqual(state.value(), expected ?? value)
    if (typeof value === 'object' && value !== null) assert.notEqual(state.value(), value)
  }
})

test('what has no encoding is refused', () => {
  const { backend, use } = backendWithKeys()
  const state = backend.getValueState<unknown>(descriptor)
  use('a')
  for (const value of [() => 1, Symbol('s'), { f: () => 1 }, Promise.resolve()]) {
    assert.throws(() => state.update(value), { code: 'RECORD_TYPE_MISMATCH' })
  }
})

test('two states are apart, and a name is one state', () => {
  const { backend, use } = backendWithKeys()
  const first = backend.getValueState<number>({ name: 'first', type: undefined })
  const second = backend.getValueState<number>({ name: 'second', type: undefined })
  use('a')
  first.update(1)
  assert.equal(second.value(), undefined)
  assert.equal(backend.getValueState({ name: 'first', type: undefined }), first)
})

test('state without a key is an error that says where to use it', () => {
  const { backend } = backendWithKeys()
  const state = backend.getValueState<number>(descriptor)
  assert.throws(() => state.value(), { code: 'KEY_INVALID', message: /State 'count'/ })
})
