import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListStateDescription, MapStateDescription } from '@millrace/core'
import fc from 'fast-check'
import { OperatorStateBackend } from './operator-state-backend.ts'

const list: ListStateDescription<unknown> = {
  kind: 'list',
  name: 'list',
  elementType: undefined,
  ttl: undefined,
}
const union = { ...list, name: 'union' }
const map: MapStateDescription<number, string> = {
  kind: 'map',
  name: 'map',
  keyType: undefined,
  valueType: undefined,
  ttl: undefined,
}

function rescaled(
  old: readonly OperatorStateBackend[],
  parallelism: number,
): readonly OperatorStateBackend[] {
  const snapshots = old.map((backend) => backend.snapshot())
  return Array.from({ length: parallelism }, (_, subtaskIndex) => {
    const backend = new OperatorStateBackend('operator')
    backend.restore(snapshots, { subtaskIndex, parallelism })
    return backend
  })
}

/** A first generation whose subtasks hold these items. */
function generation(items: readonly (readonly unknown[])[]): readonly OperatorStateBackend[] {
  return items.map((own) => {
    const backend = new OperatorStateBackend('operator')
    backend.getListState(list).update(own)
    return backend
  })
}

const parallelisms = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })
const itemsOfSubtasks = fc.array(fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
})

test('each item of a list is in exactly one subtask, in order, whatever the parallelisms', () => {
  fc.assert(
    fc.property(itemsOfSubtasks, parallelisms, fc.boolean(), (items, counts, isClaimed) => {
      let backends = generation(items)
      for (const parallelism of counts) {
        backends = rescaled(backends, parallelism)
        if (isClaimed) for (const backend of backends) backend.getListState(list)
      }
      const found = backends.map((backend) => backend.getListState(list).get())
      assert.equal(JSON.stringify(found.flat()), JSON.stringify(items.flat()))
      const sizes = found.map(({ length }) => length)
      const wasRescaled = counts.at(-1) !== (counts.at(-2) ?? items.length)
      if (wasRescaled) assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `uneven: ${sizes}`)
    }),
  )
})

test('3 → 2 → 5 subtasks keep every item once', () => {
  const old = generation([['a', 'b', 'c'], ['d'], ['e', 'f', 'g']])
  const itemsOf = (backends: readonly OperatorStateBackend[]): unknown[][] =>
    backends.map((backend) => backend.getListState(list).get())
  const two = rescaled(old, 2)
  assert.deepEqual(itemsOf(two), [
    ['a', 'b', 'c'],
    ['d', 'e', 'f', 'g'],
  ])
  assert.deepEqual(itemsOf(rescaled(two, 5)), [['a'], ['b'], ['c', 'd'], ['e'], ['f', 'g']])
})

test('with the same parallelism each subtask has its own list again', () => {
  fc.assert(
    fc.property(itemsOfSubtasks, (items) => {
      const again = rescaled(generation(items), items.length)
      const found = again.map((backend) => backend.getListState(list).get())
      assert.deepEqual(JSON.stringify(found), JSON.stringify(items))
    }),
  )
})

test('a union list gives all items to each subtask', () => {
  fc.assert(
    fc.property(itemsOfSubtasks, fc.integer({ min: 1, max: 7 }), (items, parallelism) => {
      const old = items.map((own) => {
        const backend = new OperatorStateBackend('operator')
        backend.getUnionListState(union).update(own)
        return backend
      })
      for (const backend of rescaled(old, parallelism)) {
        const found = backend.getUnionListState(union).get()
        assert.equal(JSON.stringify(found), JSON.stringify(items.flat()))
      }
    }),
  )
})

test('a union list that nobody asks for is not multiplied', () => {
  fc.assert(
    fc.property(itemsOfSubtasks, parallelisms, (items, counts) => {
      let backends: readonly OperatorStateBackend[] = items.map((own) => {
        const backend = new OperatorStateBackend('operator')
        backend.getUnionListState(union).update(own)
        return backend
      })
      for (const parallelism of counts) backends = rescaled(backends, parallelism)
      for (const backend of rescaled(backends, 2)) {
        const found = backend.getUnionListState(union).get()
        assert.equal(JSON.stringify(found), JSON.stringify(items.flat()))
      }
    }),
  )
})

test('each subtask restores a copy of the broadcast state', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.integer(), fc.string()), { selector: ([k]) => k })
  fc.assert(
    fc.property(entries, parallelisms, (pairs, counts) => {
      let backends = generation([[], [], []])
      for (const backend of backends) backend.getBroadcastState(map).putAll(pairs)
      for (const parallelism of counts) backends = rescaled(backends, parallelism)
      for (const backend of backends) {
        assert.deepEqual([...backend.getBroadcastState(map).entries()], pairs)
      }
    }),
  )
})
