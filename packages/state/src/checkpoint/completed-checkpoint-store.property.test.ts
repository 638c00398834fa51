import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CompletedCheckpointStore } from './completed-checkpoint-store.ts'
import { checkpointOf } from './completed-checkpoint-test-support.ts'

const names = fc.uniqueArray(
  fc.integer({ min: 0, max: 15 }).map((n) => `a/${n}`),
  { maxLength: 6 },
)
const holder = fc.constantFrom('attempt 1', 'attempt 2', 'checkpoint 9')
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), names }),
  fc.record({ kind: fc.constant('hold' as const), holder, names }),
  fc.record({ kind: fc.constant('extend' as const), holder, names }),
  fc.record({ kind: fc.constant('release' as const), holder }),
  fc.record({ kind: fc.constant('discard' as const), age: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('clear' as const) }),
)

test('files are deleted when nobody names them any more, and only then', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }), (max, steps) => {
      const store = new CompletedCheckpointStore(max)
      // The model: who names what, and nothing counted.
      const retained = new Map<number, readonly string[]>()
      const holders = new Map<string, readonly string[]>()
      const named = (): Set<string> => new Set([...retained.values(), ...holders.values()].flat())
      let nextId = 1

      for (const each of steps) {
        const before = named()
        const metadataBefore = [...retained.keys()]
        let deleted: readonly string[] = []
        switch (each.kind) {
          case 'add': {
            const id = nextId++
            for (const name of each.names) before.add(name)
            metadataBefore.push(id)
            retained.set(id, each.names)
            for (const old of [...retained.keys()].slice(0, -max)) retained.delete(old)
            deleted = store.add(checkpointOf(id, each.names))
            break
          }
          case 'hold':
            for (const name of each.names) before.add(name)
            holders.set(each.holder, each.names)
            deleted = store.hold(each.holder, each.names)
            break
          case 'extend':
            holders.set(each.holder, [...(holders.get(each.holder) ?? []), ...each.names])
            for (const name of each.names) before.add(name)
            store.extend(each.holder, each.names)
            break
          case 'release':
            holders.delete(each.holder)
            deleted = store.release(each.holder)
            break
          case 'discard': {
            const id = [...retained.keys()].at(-1 - each.age) ?? 0
            retained.delete(id)
            deleted = store.discard(id)
            break
          }
          case 'clear':
            retained.clear()
            deleted = store.clear()
            break
        }
        const gone = [...before].filter((name) => !named().has(name))
        const metadataGone = metadataBefore
          .filter((id) => !retained.has(id))
          .map((id) => `chk-${id}/_metadata`)
        assert.deepEqual([...deleted].sort(), [...gone, ...metadataGone].sort())
        assert.deepEqual(
          store.retained.map(({ checkpointId }) => checkpointId),
          [...retained.keys()],
        )
        for (const name of before) assert.equal(store.isNamed(name), named().has(name))
      }
    }),
    { numRuns: 300 },
  )
})
