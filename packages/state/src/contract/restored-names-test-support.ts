// What every keyed state backend makes of states that are dropped or have another name when they
// are restored. `testRestoredNames` declares the tests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ExecutionAttemptId,
  hashKey,
  type KeyedStateHandle,
  keyGroupCount,
  type MapStateDescription,
} from '@millrace/core'
import type { KeyedStateBackend } from '../keyed-state-backend.ts'
import { RestoredNames } from '../snapshot/restored-names.ts'
import type { CreateSnapshotted } from './keyed-snapshot-model-test-support.ts'
import { MemoryCheckpointStorage } from './memory-checkpoint-storage-test-support.ts'
import { TestClock } from './test-clock-test-support.ts'

const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const everyKeyGroup = { start: 0, end: keyGroupCount }
const described = { ttl: undefined } as const
const untyped = {
  type: undefined,
  elementType: undefined,
  keyType: undefined,
  valueType: undefined,
}
const keyCount = 40

interface Names {
  readonly value: string
  readonly list: string
  readonly map: string
}

/** What a key has: its value, its list, the entries of its map. */
type Content = readonly [unknown, readonly unknown[], readonly (readonly [unknown, unknown])[]]

function statesOf(backend: KeyedStateBackend, names: Names) {
  const base = { ...described, ...untyped }
  const map: MapStateDescription<string, unknown> = { ...base, kind: 'map', name: names.map }
  return {
    value: backend.getValueState<unknown>({ ...base, kind: 'value', name: names.value }),
    list: backend.getListState<unknown>({ ...base, kind: 'list', name: names.list }),
    map: backend.getMapState(map),
  }
}

function contentOf(backend: KeyedStateBackend, names: Names): readonly Content[] {
  const { value, list, map } = statesOf(backend, names)
  return Array.from({ length: keyCount }, (_, key): Content => {
    backend.setCurrentKey(key, hashKey(key))
    const entries = [...map.entries()].sort(([one], [other]) => (one < other ? -1 : 1))
    return [value.value(), list.get(), entries]
  })
}

async function checkpoint(
  backend: KeyedStateBackend,
  storage: MemoryCheckpointStorage,
  checkpointId: number,
): Promise<KeyedStateHandle> {
  const snapshot = backend.seal(checkpointId)
  assert.ok(snapshot.encode(Number.POSITIVE_INFINITY))
  return snapshot.write(storage, attemptId)
}

/** Three checkpoints with additions, changes and removals in between, so that there is a chain. */
async function savedChain(
  backend: KeyedStateBackend,
  storage: MemoryCheckpointStorage,
): Promise<KeyedStateHandle> {
  const { value, list, map } = statesOf(backend, names)
  const timers = backend.getTimerQueue('timers')
  let handle: KeyedStateHandle | undefined
  for (const round of [1, 2, 3]) {
    for (let key = 0; key < keyCount; key++) {
      const keyHash = hashKey(key)
      backend.setCurrentKey(key, keyHash)
      if ((key + round) % 3 !== 0) value.update({ round, key })
      else if (round > 1) value.clear()
      list.add(round)
      if (key % 7 === round) list.update([round * 100])
      map.put(`${round}`, key)
      if (round === 3 && key % 2 === 0) map.remove('1')
      timers.register({ key, keyHash, namespace: '', timestamp: round })
    }
    handle = await checkpoint(backend, storage, round)
  }
  assert.ok(handle !== undefined && handle.segments.length > 1)
  return handle
}

const names: Names = { value: 'v', list: 'l', map: 'm' }
const swapped: Names = { value: 'other', list: 'l', map: 'v' }

export function testRestoredNames(name: string, create: CreateSnapshotted): void {
  const open = (): KeyedStateBackend => create(new TestClock(), everyKeyGroup, { baseSizeBytes: 0 })

  test(`${name}: states go on under other names, and what follows knows only these`, async () => {
    const storage = new MemoryCheckpointStorage()
    const before = open()
    const handle = await savedChain(before, storage)
    const expected = contentOf(before, names)
    const renamed = open()
    const rename = [
      { from: 'v', to: 'other' },
      { from: 'm', to: 'v' },
    ]
    await renamed.restore([handle], storage, new RestoredNames([], rename))
    assert.deepEqual(contentOf(renamed, swapped), expected)
    const later = await checkpoint(renamed, storage, 4)
    for (const { checkpointId } of later.segments) assert.equal(checkpointId, 4)
    const restored = open()
    await restored.restore([later], storage)
    assert.deepEqual(contentOf(restored, swapped), expected)
    assert.equal(restored.getTimerQueue('timers').size, 3 * keyCount)
  })

  test(`${name}: what is dropped is gone, and its name is free`, async () => {
    const storage = new MemoryCheckpointStorage()
    const before = open()
    const handle = await savedChain(before, storage)
    const expected = contentOf(before, names)
    const without = open()
    await without.restore([handle], storage, new RestoredNames(['v', 'timers']))
    const list = { ...described, ...untyped, kind: 'list', name: 'v' } as const
    const anew = without.getListState<unknown>(list)
    without.setCurrentKey(1, hashKey(1))
    assert.deepEqual(anew.get(), [])
    anew.add('new')
    const later = await checkpoint(without, storage, 4)
    for (const { checkpointId } of later.segments) assert.equal(checkpointId, 4)
    const restored = open()
    await restored.restore([later], storage)
    restored.setCurrentKey(1, hashKey(1))
    assert.deepEqual(restored.getListState<unknown>(list).get(), ['new'])
    assert.equal(restored.getTimerQueue('timers').size, 0)
    const rest = contentOf(restored, { ...names, value: 'nothing' })
    assert.deepEqual(
      rest.map(([, ...others]) => others),
      expected.map(([, ...others]) => others),
    )
  })

  test(`${name}: what is changed after such a restore is in the next checkpoint`, async () => {
    const storage = new MemoryCheckpointStorage()
    const handle = await savedChain(open(), storage)
    const renamed = open()
    await renamed.restore([handle], storage, new RestoredNames([], [{ from: 'v', to: 'w' }]))
    const now: Names = { ...names, value: 'w' }
    for (const id of [4, 5]) {
      const { value, list, map } = statesOf(renamed, now)
      for (let key = id; key < keyCount; key += id) {
        renamed.setCurrentKey(key, hashKey(key))
        value.update(id)
        list.add(id)
        map.remove('2')
      }
      const expected = contentOf(renamed, now)
      const restored = open()
      await restored.restore([await checkpoint(renamed, storage, id)], storage)
      assert.deepEqual(contentOf(restored, now), expected)
    }
  })
}
