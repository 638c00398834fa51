// How expired state is removed. `testTimeToLive` declares the tests for one backend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  backendWithKeys,
  type CreateBackend,
  description,
  descriptor,
  list,
  map,
} from './backend-with-keys-test-support.ts'

const ttl = { ms: 10 }

export function testTimeToLive(name: string, create: CreateBackend): void {
  testSlices(name, create)
  testCleaning(name, create)
}

function testSlices(name: string, create: CreateBackend): void {
  test(`${name}: what expired is removed by bounded slices, and counted`, () => {
    const { backend, use, clock } = backendWithKeys(create)
    const values = backend.getValueState<number>({ ...descriptor, ttl })
    const lists = backend.getListState<number>({ ...list, ttl })
    const maps = backend.getMapState<number, number>({ ...map, ttl })
    const kept = backend.getValueState<number>(description('kept'))
    assert.equal(backend.hasExpiringState, true)
    const fill = (from: number, to: number): void => {
      for (let key = from; key < to; key++) {
        use(key)
        values.update(key)
        kept.update(key)
        lists.addAll([1, 2])
        maps.putAll([
          [1, 1],
          [2, 2],
        ])
      }
    }
    fill(0, 100)
    clock.nowMs += 9
    for (let i = 0; i < 200; i++) assert.equal(backend.cleanUpExpired(7), 0)
    fill(50, 60)
    clock.nowMs += 1
    // All of 90 keys, and of ten others what their lists had before.
    const expired = 90 * 5 + 10 * 2
    let slices = 0
    let removed = 0
    for (; removed < expired && slices < 1000; slices++) {
      const slice = backend.cleanUpExpired(7)
      assert.ok(slice <= 8, `${slice} in one slice`)
      removed += slice
    }
    assert.ok(slices >= expired / 8, `${slices} slices`)
    assert.equal(backend.expiredCount, expired)
    for (let i = 0; i < 200; i++) assert.equal(backend.cleanUpExpired(7), 0)
    use(55)
    assert.deepEqual([values.value(), lists.get(), [...maps.keys()]], [55, [1, 2], [1, 2]])
    use(7)
    assert.deepEqual([values.value(), lists.get(), maps.isEmpty()], [undefined, [], true])
    assert.equal(kept.value(), 7)
  })
}

function testCleaning(name: string, create: CreateBackend): void {
  test(`${name}: what expired and is read is removed then, and counted`, () => {
    const { backend, use, clock } = backendWithKeys(create)
    const values = backend.getValueState<number>({ ...descriptor, ttl })
    const maps = backend.getMapState<number, number>({ ...map, ttl })
    use('a')
    values.update(1)
    maps.put(1, 1)
    clock.nowMs += 10
    maps.put(2, 2)
    assert.equal(values.value(), undefined)
    assert.deepEqual([...maps.entries()], [[2, 2]])
    assert.equal(backend.expiredCount, 2)
    clock.nowMs -= 10
    assert.equal(values.value(), undefined)
    backend.close()
    assert.equal(backend.expiredCount, 2)
  })

  test(`${name}: slices reach every state, however small they are`, () => {
    const { backend, use, clock } = backendWithKeys(create)
    const names = ['first', 'second', 'third']
    const states = names.map((each) => {
      return backend.getValueState<number>({ ...description(each), ttl })
    })
    use('a')
    for (const state of states) state.update(1)
    clock.nowMs += 10
    for (let i = 0; i < 3; i++) assert.equal(backend.cleanUpExpired(1), 1)
  })

  test(`${name}: without a time to live there is nothing to clean`, () => {
    const { backend, use } = backendWithKeys(create)
    const values = backend.getValueState<number>(descriptor)
    use('a')
    values.update(1)
    assert.equal(backend.hasExpiringState, false)
    assert.equal(backend.cleanUpExpired(100), 0)
    assert.equal(values.value(), 1)
  })
}
