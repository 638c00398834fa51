import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ListStateDescription, type MapStateDescription, types } from '@millrace/core'
import { OperatorStateBackend } from './operator-state-backend.ts'

interface Position {
  file: string
  offset: number
}

const positions: ListStateDescription<Position> = {
  kind: 'list',
  name: 'positions',
  elementType: types.object({ file: types.string, offset: types.float64 }),
  ttl: undefined,
}
const rules: MapStateDescription<unknown, { limit: number }> = {
  kind: 'map',
  name: 'rules',
  keyType: undefined,
  valueType: types.object({ limit: types.float64 }),
  ttl: undefined,
}

function restored(from: OperatorStateBackend): OperatorStateBackend {
  const backend = new OperatorStateBackend('copy')
  backend.restore([from.snapshot()], { subtaskIndex: 0, parallelism: 1 })
  return backend
}

test('nothing that was passed to a state or came out of it is shared with it', () => {
  const backend = new OperatorStateBackend('files')
  const list = backend.getListState(positions)
  const position = { file: 'a', offset: 1 }
  list.add(position)
  position.offset = 2
  for (const one of list.get()) one.offset = 3
  assert.deepEqual(list.get(), [{ file: 'a', offset: 1 }])

  const map = backend.getBroadcastState(rules)
  const rule = { limit: 1 }
  map.put('orders', rule)
  rule.limit = 2
  for (const value of map.values()) value.limit = 3
  for (const [, value] of map.entries()) value.limit = 4
  const found = map.get('orders')
  if (found !== undefined) found.limit = 5
  assert.deepEqual(map.get('orders'), { limit: 1 })
})

test('a snapshot holds what was there when it was taken', () => {
  const backend = new OperatorStateBackend('files')
  const list = backend.getListState(positions)
  list.addAll([{ file: 'a', offset: 1 }])
  const snapshot = backend.snapshot()
  list.update([{ file: 'a', offset: 9 }])
  const copy = new OperatorStateBackend('files')
  copy.restore([snapshot], { subtaskIndex: 0, parallelism: 1 })
  assert.deepEqual(copy.getListState(positions).get(), [{ file: 'a', offset: 1 }])
})

test('a list takes nothing for items that is no collection', () => {
  const list = new OperatorStateBackend('files').getListState(positions)
  for (const none of [5, 'text', { a: 1 }, undefined] as never[]) {
    const refused = { code: 'RECORD_TYPE_MISMATCH', message: /must be an array/ }
    assert.throws(() => list.addAll(none), refused)
    assert.throws(() => list.update(none), refused)
  }
})

test('without content there is no snapshot', () => {
  const backend = new OperatorStateBackend('files')
  assert.equal(backend.snapshot(), undefined)
  backend.getListState(positions)
  const map = backend.getBroadcastState(rules)
  assert.equal(backend.snapshot(), undefined)
  map.put('orders', { limit: 1 })
  assert.notEqual(backend.snapshot(), undefined)
  map.clear()
  assert.equal(backend.snapshot(), undefined)
})

test('it is restored once restore was called, also with nothing', () => {
  const backend = new OperatorStateBackend('files')
  assert.equal(backend.isRestored, false)
  backend.restore([undefined], { subtaskIndex: 0, parallelism: 1 })
  assert.equal(backend.isRestored, true)
  assert.deepEqual(backend.getListState(positions).get(), [])
})

test('state that is not asked for any more stays part of the snapshots', () => {
  const first = new OperatorStateBackend('files')
  first.getListState(positions).add({ file: 'a', offset: 1 })
  first.getBroadcastState(rules).put('orders', { limit: 1 })
  const second = restored(first)
  second.getBroadcastState(rules).put('users', { limit: 2 })
  const third = restored(second)
  assert.deepEqual(third.getListState(positions).get(), [{ file: 'a', offset: 1 }])
  assert.deepEqual([...third.getBroadcastState(rules).keys()], ['orders', 'users'])
})

test('keys of broadcast state are equal if their contents are, and come in the order of putting', () => {
  const map = new OperatorStateBackend('rules').getBroadcastState(rules)
  map.putAll([
    [{ b: 1, a: 2 }, { limit: 1 }],
    [-0, { limit: 2 }],
    ['x', { limit: 3 }],
  ])
  map.put(0, { limit: 4 })
  map.put({ a: 2, b: 1 }, { limit: 5 })
  map.remove('x')
  assert.equal(map.contains('x'), false)
  assert.equal(map.isEmpty(), false)
  assert.deepEqual(
    [...map.entries()],
    [
      [{ a: 2, b: 1 }, { limit: 5 }],
      [0, { limit: 4 }],
    ],
  )
})

test('the same state is asked for twice, another one under its name is refused', () => {
  const backend = new OperatorStateBackend('files')
  const list = backend.getListState(positions)
  assert.equal(backend.getListState({ ...positions }), list)
  const refused = { code: 'STATE_NAME_DUPLICATE' }
  assert.throws(() => backend.getUnionListState(positions), refused)
  assert.throws(() => backend.getBroadcastState({ ...rules, name: 'positions' }), refused)
  assert.throws(() => backend.getListState({ ...positions, elementType: undefined }), refused)
})

test('a time to live is refused', () => {
  const backend = new OperatorStateBackend('files')
  assert.throws(() => backend.getListState({ ...positions, ttl: { ms: 1 } }), {
    code: 'ARGUMENT_INVALID',
    message: /'positions' of operator 'files' has a time to live/,
  })
})

test('state that was saved as another kind is refused, and stays', () => {
  const first = new OperatorStateBackend('files')
  first.getListState(positions).add({ file: 'a', offset: 1 })
  const second = restored(first)
  assert.throws(() => second.getUnionListState(positions), {
    code: 'STATE_INCOMPATIBLE',
    message: /as a union list, but was saved as a list/,
  })
  assert.deepEqual(restored(second).getListState(positions).get(), [{ file: 'a', offset: 1 }])
})

test('what does not have the declared type is refused, also when it is restored', () => {
  const backend = new OperatorStateBackend('files')
  const list = backend.getListState(positions as ListStateDescription<unknown>)
  const mismatch = { code: 'RECORD_TYPE_MISMATCH' }
  assert.throws(() => list.add({ file: 1 }), mismatch)
  assert.throws(() => list.add(undefined), mismatch)
  assert.throws(() => list.update([{ file: 'a', offset: 1 }, 'b']), mismatch)
  assert.deepEqual(list.get(), [])
  const map = backend.getBroadcastState(rules as MapStateDescription<unknown, unknown>)
  assert.throws(() => map.put('orders', { limit: 'x' }), mismatch)
  assert.throws(() => map.put(() => {}, { limit: 1 }), { code: 'KEY_INVALID' })
  assert.ok(map.isEmpty())

  const untyped = { ...positions, elementType: undefined } as ListStateDescription<unknown>
  const saved = new OperatorStateBackend('files')
  saved.getListState(untyped).add('a:1')
  assert.throws(() => restored(saved).getListState(positions), mismatch)
})
