// Random histories of snapshots, rewritten: what is kept is what a reader of the chain finds.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  keyGroupCount,
  keyGroupOf,
  keyGroupRange,
  subtaskOfHash,
} from '@millrace/core'
import fc from 'fast-check'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import { mergedKeyGroups } from '../inspect/merged-key-groups.ts'
import { entriesOfCell } from '../inspect/saved-entry.ts'
import { ScratchDirectory } from '../io/scratch-directory.ts'
import type { StoredState } from '../snapshot/segment-format.ts'
import { type PlannedState, rewriteKeyedState } from './keyed-rewrite.ts'
import { OutputState } from './output-state.ts'

const ttl = { ms: 1000 }
const value = { kind: 'value', name: 'value', type: undefined, ttl } as const
const list = { kind: 'list', name: 'list', elementType: undefined, ttl } as const
const map = { kind: 'map', name: 'map', keyType: undefined, valueType: undefined, ttl } as const
const added = { ...value, name: 'added', ttl: undefined } as const

const step = fc.record({
  what: fc.constantFrom('update', 'clear', 'add', 'set', 'put', 'put', 'remove', 'timer', 'seal'),
  key: fc.nat(5),
  mapKey: fc.nat(3),
  amount: fc.nat(9),
  namespace: fc.constantFrom(undefined, 'w'),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

test('what is kept while states are transformed and added is what there was', () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), compare),
    { numRuns: 60 },
  ))

async function compare(steps: readonly Step[], parallelism: number): Promise<void> {
  const storage = new MemoryCheckpointStorage()
  const handles: KeyedStateHandle[] = []
  for (let subtask = 0; subtask < parallelism; subtask++) {
    handles.push(await historyOf(storage, steps, { subtask, parallelism }))
  }
  const before = await textsOf(storage, handles)
  for (const handle of handles) await compareRestored(storage, handle, before)
  const scratch = new ScratchDirectory()
  const kept = (id: number, name: string, kind: StoredState['kind'], types: unknown[]) => {
    const life = kind === 'timer' ? null : ttl
    return { kind: 'keep', from: name, stored: { id, name, kind, types, ttl: life } } as const
  }
  const keys = Array.from({ length: 20 }, (_, key) => ({ key, value: -key }))
  const plan: readonly PlannedState[] = [
    kept(0, 'list', 'list', [null]),
    kept(1, 'timers', 'timer', []),
    {
      ...{ kind: 'transform', from: 'value', output: new OutputState(2, value, 0) },
      transform: (entry) => (entry.kind === 'value' ? Number(entry.value) + 1 : undefined),
    },
    kept(3, 'map', 'map', [null, null]),
    { kind: 'add', output: new OutputState(4, added, 0), entries: keys },
  ]
  const source = { source: storage, handles, nameOf: (name: string) => name }
  const target = { storage, folder: 'new', checkpointId: 99, scratch }
  const written = await rewriteKeyedState(plan, source, target)
  assert.deepEqual(
    written.map(({ keyGroups }) => keyGroups),
    handles.map(({ keyGroups }) => keyGroups),
  )
  const after = await textsOf(storage, written)
  const expected = before.map((text) => {
    const [name, entry] = JSON.parse(text) as [string, { value: number }]
    return name === 'value' ? JSON.stringify([name, { ...entry, value: entry.value + 1 }]) : text
  })
  assert.deepEqual(
    after.filter((text) => !text.startsWith('["added"')),
    expected.sort(),
  )
  assert.equal(after.length, expected.length + keys.length)
  scratch.remove()
}

/** The chain of one subtask after all steps. */
async function historyOf(
  storage: MemoryCheckpointStorage,
  steps: readonly Step[],
  { subtask, parallelism }: { readonly subtask: number; readonly parallelism: number },
): Promise<KeyedStateHandle> {
  const clock = new TestClock()
  const keyGroups = keyGroupRange(subtask, parallelism)
  const backend = new HeapKeyedStateBackend(clock, keyGroups, { baseSizeBytes: 0 })
  const [values, lists, maps] = [
    backend.getValueState<number>(value),
    backend.getListState<number>(list),
    backend.getMapState<number, number>(map),
  ]
  const timers = backend.getTimerQueue('timers')
  let handle: KeyedStateHandle = { keyGroups, segments: [] }
  let checkpointId = 0
  const seal = async (): Promise<void> => {
    const snapshot = backend.seal(++checkpointId)
    assert.ok(snapshot.encode(Number.POSITIVE_INFINITY))
    const attempt = ExecutionAttemptId.parse(`attempt_${subtask}_0`)
    handle = await snapshot.write(storage, attempt)
  }
  for (const { what, key, mapKey, amount, namespace } of steps) {
    clock.nowMs += 1
    if (what === 'seal') await seal()
    const keyHash = hashKey(key)
    if (subtaskOfHash(keyHash, parallelism) !== subtask) continue
    backend.setCurrentKey(key, keyHash)
    for (const state of [values, lists, maps]) state.setCurrentNamespace(namespace)
    if (what === 'update') values.update(amount)
    else if (what === 'clear') for (const state of [values, lists, maps]) state.clear()
    else if (what === 'add') lists.add(amount)
    else if (what === 'set') lists.update([amount, mapKey])
    else if (what === 'put') maps.put(mapKey, amount)
    else if (what === 'remove') maps.remove(mapKey)
    else if (what === 'timer') {
      timers.register({ key, keyHash, namespace: namespace ?? '', timestamp: amount })
    }
  }
  await seal()
  backend.close()
  return handle
}

/** A backend that restores the chain has what was read of it. */
async function compareRestored(
  storage: MemoryCheckpointStorage,
  handle: KeyedStateHandle,
  texts: readonly string[],
): Promise<void> {
  const { keyGroups } = handle
  const backend = new HeapKeyedStateBackend(new TestClock(), keyGroups)
  await backend.restore([handle], storage)
  const [lists, maps] = [
    backend.getListState<number>(list),
    backend.getMapState<number, number>(map),
  ]
  const read = texts.map((text) => JSON.parse(text) as [string, Record<string, unknown>])
  for (let key = 0; key <= 5; key++) {
    const keyHash = hashKey(key)
    const keyGroup = keyGroupOf(keyHash)
    if (keyGroup < keyGroups.start || keyGroup >= keyGroups.end) continue
    for (const namespace of [undefined, 'w']) {
      backend.setCurrentKey(key, keyHash)
      for (const state of [lists, maps]) state.setCurrentNamespace(namespace)
      const own = read.filter(
        ([, entry]) => entry['key'] === key && entry['namespace'] === namespace,
      )
      const valuesOf = (name: string) => own.filter(([each]) => each === name)
      assert.deepEqual(
        valuesOf('list').flatMap(([, entry]) => entry['value']),
        lists.get(),
      )
      assert.deepEqual(
        valuesOf('map').map(([, entry]) => [entry['mapKey'], entry['value']]),
        [...maps.entries()].sort(([one], [other]) => one - other),
      )
    }
  }
  backend.close()
}

async function textsOf(
  storage: MemoryCheckpointStorage,
  handles: readonly KeyedStateHandle[],
): Promise<readonly string[]> {
  const options = { keyGroups: { start: 0, end: keyGroupCount }, nameOf: (name: string) => name }
  const texts: string[] = []
  for (const handle of handles) {
    for await (const { states } of mergedKeyGroups(storage, handle, options)) {
      for (const { stored, cells } of states.values()) {
        for (const cell of cells.values()) {
          for (const entry of entriesOfCell(cell, stored)) {
            texts.push(JSON.stringify([stored.name, entry]))
          }
        }
      }
    }
  }
  return texts.sort()
}
