// What every keyed state backend does. `testKeyedStateBackend` declares the tests for one of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StateDescription } from '@millrace/core'
import {
  backendWithKeys,
  type CreateBackend,
  description,
  descriptor,
  list,
  map,
} from './backend-with-keys-test-support.ts'
import { testAgainstModel } from './keyed-state-model-test-support.ts'
import { testTimeToLive } from './keyed-state-ttl-test-support.ts'
import { testDeclaredTypes } from './keyed-state-type-test-support.ts'

export function testKeyedStateBackend(name: string, create: CreateBackend): void {
  testValues(name, create)
  testCopies(name, create)
  testLists(name, create)
  testMaps(name, create)
  testNames(name, create)
  testDeclaredTypes(name, create)
  testTimeToLive(name, create)
  testAgainstModel(name, create)
}

function testValues(name: string, create: CreateBackend): void {
  test(`${name}: each key has its own value; a cleared one has none`, () => {
    const { backend, use } = backendWithKeys(create)
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

  for (const [what, one, other] of equalKeys) {
    test(`${name}: equal keys share a value: ${what}`, () => {
      const { backend, use } = backendWithKeys(create)
      const state = backend.getValueState<number>(descriptor)
      use(one)
      state.update(1)
      use(other)
      assert.equal(state.value(), 1)
    })
  }

  test(`${name}: keys that print alike are different keys`, () => {
    const { backend, use } = backendWithKeys(create)
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
}

function testCopies(name: string, create: CreateBackend): void {
  test(`${name}: no reference crosses the state border, neither in nor out`, () => {
    const { backend, use } = backendWithKeys(create)
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

  test(`${name}: flat objects, lists, dates, maps and class instances are copied`, () => {
    class Point {
      x = 1
    }
    const { backend, use } = backendWithKeys(create)
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

  test(`${name}: what has no encoding is refused`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getValueState<unknown>(descriptor)
    use('a')
    for (const value of [() => 1, Symbol('s'), { f: () => 1 }, Promise.resolve()]) {
      assert.throws(() => state.update(value), { code: 'RECORD_TYPE_MISMATCH' })
    }
  })

  test(`${name}: adding what makes a state undefined is an error`, () => {
    const { backend, use } = backendWithKeys(create)
    use('a')
    const reducing = backend.getReducingState<number>({
      ...{ kind: 'reducing', name: 'reduced', type: undefined, ttl: undefined },
      reduceFunction: { reduce: () => undefined as unknown as number },
    })
    reducing.add(1)
    assert.throws(() => reducing.add(2), { message: /State 'reduced'|state 'reduced'/ })
    assert.equal(reducing.get(), 1)
  })
}

const equalKeys: readonly [string, unknown, unknown][] = [
  ['NaN and NaN', Number.NaN, Number.NaN],
  ['0 and -0', 0, -0],
  ['objects with their fields in another order', { a: 1, b: [2] }, { b: [2], a: 1 }],
  ['bytes', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ['bigints', 12n, 12n],
  ['dates', new Date(5), new Date(5)],
]

function testLists(name: string, create: CreateBackend): void {
  test(`${name}: a list has its elements in order; an empty one is none`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getListState<number>(list)
    use('a')
    assert.deepEqual(state.get(), [])
    state.add(1)
    state.addAll([2, 3])
    use('b')
    state.add(9)
    use('a')
    assert.deepEqual(state.get(), [1, 2, 3])
    state.addAll(state.get())
    state.update(state.get().slice(2))
    assert.deepEqual(state.get(), [3, 1, 2, 3])
    state.update([])
    assert.deepEqual(state.get(), [])
  })

  test(`${name}: elements that cannot be kept leave a list as it was`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getListState<unknown>(list)
    use('a')
    state.add(1)
    for (const bad of [undefined, () => 1]) {
      const refused = { code: 'RECORD_TYPE_MISMATCH' }
      assert.throws(() => state.add(bad), refused)
      assert.throws(() => state.addAll([2, bad]), refused)
      assert.throws(() => state.update([2, bad]), refused)
    }
    assert.deepEqual(state.get(), [1])
  })

  test(`${name}: a list takes nothing for elements that is no collection`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getListState<unknown>(list)
    use('a')
    state.add(1)
    for (const none of [5, 'text', { a: 1 }, null, undefined] as never[]) {
      const refused = { code: 'RECORD_TYPE_MISMATCH', message: /must be an array/ }
      assert.throws(() => state.addAll(none), refused)
      assert.throws(() => state.update(none), refused)
    }
    state.addAll(new Set([2]))
    assert.deepEqual(state.get(), [1, 2])
  })
}

function testMaps(name: string, create: CreateBackend): void {
  test(`${name}: a map may be changed while it is iterated over`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getMapState<string, number>(map)
    use('a')
    state.putAll([...'abcd'].map((letter, index) => [letter, index] as const))
    const seen: string[] = []
    for (const [letter, value] of state.entries()) {
      seen.push(letter)
      state.put(letter, value + 10)
      for (const other of 'abcd')
        if (!seen.includes(other) && seen.length === 2) state.remove(other)
    }
    assert.equal(seen.length, 2)
    assert.deepEqual(
      [...state.values()].sort(),
      seen.map((each) => 'abcd'.indexOf(each) + 10).sort(),
    )
    for (const letter of state.keys()) {
      state.clear()
      assert.ok(seen.includes(letter))
    }
    assert.equal(state.isEmpty(), true)
  })

  test(`${name}: an iteration stays with the map of its key`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getMapState<string, number>(map)
    use('b')
    state.putAll([['x', 7]])
    use('a')
    state.putAll([
      ['x', 1],
      ['y', 2],
    ])
    const values = state.values()
    const seen = [values.next().value]
    use('b')
    assert.equal(state.get('x'), 7)
    seen.push(values.next().value)
    assert.equal(values.next().done, true)
    assert.deepEqual(seen.sort(), [1, 2])
  })

  test(`${name}: keys of a map come back in their canonical form`, () => {
    const { backend, use } = backendWithKeys(create)
    const state = backend.getMapState<unknown, number>(map)
    use('a')
    for (const key of [-0, Buffer.from('x'), Number.NaN, '\0n', { b: 1, a: 2 }]) state.put(key, 1)
    const expected = [0, new Uint8Array([120]), Number.NaN, '\0n', { a: 2, b: 1 }]
    const keys = [...state.keys()]
    assert.equal(keys.length, expected.length)
    for (const key of expected) {
      const found = keys.some((each) => {
        try {
          assert.deepEqual(each, key)
          return true
        } catch {
          return false
        }
      })
      assert.ok(found, String(key))
    }
    assert.throws(() => state.put(undefined, 1), { code: 'KEY_INVALID' })
  })
}

function testNames(name: string, create: CreateBackend): void {
  test(`${name}: two states are apart, and a name is one state`, () => {
    const { backend, use } = backendWithKeys(create)
    const first = backend.getValueState<number>(description('first'))
    const second = backend.getValueState<number>(description('second'))
    use('a')
    first.update(1)
    assert.equal(second.value(), undefined)
    assert.equal(backend.getValueState(description('first')), first)
  })

  test(`${name}: state without a key is an error that says where to use it`, () => {
    const { backend } = backendWithKeys(create)
    const state = backend.getValueState<number>(descriptor)
    assert.throws(() => state.value(), { code: 'KEY_INVALID', message: /State 'count'/ })
  })

  test(`${name}: a name asked for as something else is refused, saying how they differ`, () => {
    const { backend } = backendWithKeys(create)
    const float64 = { descriptor: { kind: 'float64' } } as const
    const value = description('s')
    const reducing = {
      ...({ kind: 'reducing', name: 'r', type: undefined, ttl: undefined } as const),
      reduceFunction: { reduce: (left: number, right: number) => left + right },
    }
    const ask = (asked: StateDescription): unknown => {
      if (asked.kind === 'value') return backend.getValueState(asked)
      if (asked.kind === 'list') return backend.getListState(asked)
      return asked.kind === 'reducing' ? backend.getReducingState(asked) : undefined
    }
    const refused: readonly (readonly [StateDescription, StateDescription, RegExp])[] = [
      [value, { ...list, name: 's' }, /the kinds 'value' and 'list'/],
      [value, { ...value, type: float64 }, /the types \(not declared\) and .*float64/],
      [value, { ...value, ttl: { ms: 5 } }, /the times to live \(none\) and 5 ms/],
      [reducing, { ...reducing, reduceFunction: { reduce: () => 1 } }, /two functions/],
    ]
    for (const [first, second, message] of refused) {
      const state = ask(first)
      assert.throws(() => ask(second), { code: 'STATE_NAME_DUPLICATE', message })
      assert.equal(ask({ ...first }), state)
    }
  })

  test(`${name}: a state is apart in each namespace, and other states stay in theirs`, () => {
    const { backend, use } = backendWithKeys(create)
    const windowed = backend.getValueState<number>(description('windowed'))
    const global = backend.getValueState<number>(description('global'))
    use('a')
    windowed.update(1)
    global.update(5)
    for (const start of [0, 10]) {
      windowed.setCurrentNamespace({ start })
      assert.equal(windowed.value(), undefined)
      windowed.update(start)
      assert.equal(global.value(), 5)
    }
    use('b')
    assert.equal(windowed.value(), undefined)
    use('a')
    windowed.setCurrentNamespace({ start: 0 })
    assert.equal(windowed.value(), 0)
    windowed.clear()
    windowed.setCurrentNamespace({ start: 10 })
    assert.equal(windowed.value(), 10)
    windowed.setCurrentNamespace(undefined)
    assert.equal(windowed.value(), 1)
  })
}
