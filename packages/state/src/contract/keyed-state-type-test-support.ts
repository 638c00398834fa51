// What is written has the declared type. `testDeclaredTypes` declares the tests for one backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, MillraceError, types } from '@millrace/core'
import { backendWithKeys, type CreateBackend } from './backend-with-keys-test-support.ts'
import { MemoryCheckpointStorage } from './memory-checkpoint-storage-test-support.ts'

const named = (name: string) => ({ name, ttl: undefined }) as const
const order = types.object({ item: types.string, amount: types.float64 })
const first = (left: unknown): unknown => left

/** Each writes what the declared type is not; what the message says of it. */
const mistakes: readonly (readonly [string, RegExp, (create: CreateBackend) => () => void])[] = [
  [
    'a text for a number',
    /The value of state 'v' for the key "a" .*expected float64, found string "12"/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use('a')
      const description = { kind: 'value', ...named('v'), type: types.float64 } as const
      return () => backend.getValueState<unknown>(description).update('12')
    },
  ],
  [
    'a number that is no int32',
    /The value of state 'v' for the key \[1,"2"\] .*expected int32, found number 0.5/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use([1, 2n])
      const description = { kind: 'value', ...named('v'), type: types.int32 } as const
      return () => backend.getValueState<unknown>(description).update(0.5)
    },
  ],
  [
    'an object without one of its fields',
    /The value of state 'v' .*field 'amount': expected float64, found no such field/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use('a')
      const description = { kind: 'value', ...named('v'), type: order } as const
      return () => backend.getValueState<unknown>(description).update({ item: 'pen' })
    },
  ],
  [
    'an element of a list',
    /An element of state 'l' for the key 7 .*expected string, found null/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use(7)
      const description = { kind: 'list', ...named('l'), elementType: types.string } as const
      return () => backend.getListState<unknown>(description).addAll(['x', null])
    },
  ],
  [
    'a value of a map',
    /A value of state 'm' for the key true .*field 'amount': expected float64, found null/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use(true)
      const map = { kind: 'map', ...named('m'), keyType: types.string, valueType: order } as const
      return () => backend.getMapState<string, unknown>(map).put('k', { item: 'x', amount: null })
    },
  ],
  [
    'a key of a map',
    /A key of the map of state 'm' for the key "a" .*expected string, found number 5/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use('a')
      const map = { kind: 'map', ...named('m'), keyType: types.string, valueType: types.any }
      return () => backend.getMapState<unknown, unknown>({ ...map, kind: 'map' }).put(5, 1)
    },
  ],
  [
    'what a state is reduced to',
    /The value of state 'r' for the key "a" .*expected float64, found boolean true/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use('a')
      const reducing = { kind: 'reducing', ...named('r'), type: types.float64 } as const
      const state = backend.getReducingState<unknown>({
        ...reducing,
        reduceFunction: { reduce: first },
      })
      return () => state.add(true)
    },
  ],
  [
    'an accumulator',
    /The value of state 'g' for the key "a" .*expected an array, found number 1/,
    (create) => {
      const { backend, use } = backendWithKeys(create)
      use('a')
      const aggregateFunction = {
        createAccumulator: () => 0,
        add: (value: number) => value,
        getResult: (value: number) => value,
        merge: (left: number) => left,
      }
      const accumulatorType = types.array(types.float64) as never
      const description = { kind: 'aggregating', ...named('g'), accumulatorType } as const
      const state = backend.getAggregatingState({ ...description, aggregateFunction })
      return () => state.add(1)
    },
  ],
]

export function testDeclaredTypes(name: string, create: CreateBackend): void {
  for (const [what, message, prepare] of mistakes) {
    test(`${name}: what does not have the declared type is refused: ${what}`, () => {
      const write = prepare(create)
      assert.throws(write, (error) => {
        assert.ok(error instanceof MillraceError)
        assert.deepEqual([error.code, error.blame], ['RECORD_TYPE_MISMATCH', 'user'])
        assert.match(error.message, message)
        return true
      })
    })
  }

  test(`${name}: a write that is refused leaves the state as it was`, () => {
    const { backend, use } = backendWithKeys(create)
    const elementType = types.float64
    const value = backend.getValueState<unknown>({ kind: 'value', ...named('v'), type: order })
    const list = backend.getListState<unknown>({ kind: 'list', ...named('l'), elementType })
    const map = backend.getMapState<unknown, unknown>({
      ...{ kind: 'map', ...named('m') },
      ...{ keyType: types.string, valueType: types.int32 },
    })
    use('a')
    value.update({ item: 'pen', amount: 1 })
    list.update([1, 2])
    map.put('one', 1)
    const mismatch = { code: 'RECORD_TYPE_MISMATCH' }
    assert.throws(() => value.update({ item: 'pen', amount: 1, more: 1 }), mismatch)
    assert.throws(() => list.addAll([3, '4']), mismatch)
    assert.throws(() => list.update([3, '4']), mismatch)
    assert.throws(() => map.put('one', '1'), mismatch)
    assert.throws(() => map.put(2, 2), mismatch)
    assert.deepEqual(value.value(), { item: 'pen', amount: 1 })
    assert.deepEqual(list.get(), [1, 2])
    assert.deepEqual([...map.entries()], [['one', 1]])
  })

  test(`${name}: a type that restored values may not have is refused`, async () => {
    const storage = new MemoryCheckpointStorage()
    const before = backendWithKeys(create)
    before.use('a')
    before.backend.getValueState({ kind: 'value', ...named('v'), type: types.int32 }).update(1)
    before.backend.getValueState({ kind: 'value', ...named('u'), type: undefined }).update(1)
    const snapshot = before.backend.seal(1)
    while (!snapshot.encode(1));
    const handle = await snapshot.write(storage, ExecutionAttemptId.parse('aa_bb_0_0'))
    const { backend, use } = backendWithKeys(create)
    await backend.restore([handle], storage)
    const asked = { kind: 'value', ...named('v') } as const
    assert.throws(() => backend.getValueState<unknown>({ ...asked, type: types.string }), {
      code: 'STATE_INCOMPATIBLE',
      message: /State 'v' cannot be restored .*: it was int32, and is string now/,
    })
    const state = backend.getValueState<unknown>({ ...asked, type: types.float64 })
    const undeclared = { kind: 'value', ...named('u'), type: types.float64 } as const
    use('a')
    assert.equal(backend.getValueState(undeclared).value(), 1)
    state.update(1.5)
    assert.equal(state.value(), 1.5)
  })
}
