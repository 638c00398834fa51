import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ExecutionAttemptId, hashKey, keyGroupCount } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'

const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const description = { kind: 'value', name: 'v', type: undefined } as const

async function open(
  t: TestContext,
  options: { readonly clock: TestClock; readonly objectCacheSizeBytes: number },
): Promise<LevelDbKeyedStateBackend> {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-larger-'))
  const backend = await LevelDbKeyedStateBackend.open(
    options.clock,
    { start: 0, end: keyGroupCount },
    {
      ...{ directory: join(parent, 'attempt'), isCheckpointed: true },
      ...{ blockCacheSizeBytes: 1 << 20, writeBufferSizeBytes: 1 << 20, ...options },
    },
  )
  t.after(async () => {
    backend.close()
    await backend.closed()
    rmSync(parent, { recursive: true })
  })
  return backend
}

test('300,000 keys of about 100 bytes need no more memory than the cache may take', async (t) => {
  const clock = new TestClock()
  const objectCacheSizeBytes = 2 << 20
  const backend = await open(t, { clock, objectCacheSizeBytes })
  const state = backend.getValueState<string>({ ...description, ttl: undefined })
  const keyCount = 300_000
  const textOf = (key: number, round: number): string => `${key} in round ${round} `.padEnd(90, '.')
  let most = 0
  // One turn of the event loop for all: memory is bounded without it.
  for (let key = 0; key < keyCount; key++) {
    backend.setCurrentKey(key, hashKey(key))
    state.update(textOf(key, 1))
    if (key % 1000 === 0) most = Math.max(most, backend.cacheSizeBytes)
  }
  assert.ok(most < 1.6 * objectCacheSizeBytes, `${most} bytes of cells`)
  for (let index = 0; index < keyCount; index += 10) {
    const key = (index * 7919) % keyCount
    backend.setCurrentKey(key, hashKey(key))
    assert.equal(state.value(), textOf(key, 1))
  }
})

test('what is on the disk is part of bases, and what has expired there is cleaned up', async (t) => {
  const clock = new TestClock()
  const backend = await open(t, { clock, objectCacheSizeBytes: 64 << 10 })
  const ttl = { ms: 100 }
  const state = backend.getValueState<string>({ ...description, ttl })
  const list = backend.getListState<number>({
    ...{ kind: 'list', name: 'l', elementType: undefined, ttl },
  })
  const keyCount = 1000
  const elements = Array.from({ length: 150 }, (_, index) => index)
  for (let key = 0; key < keyCount; key++) {
    backend.setCurrentKey(key, hashKey(key))
    state.update(`${key}`)
    if (key % 10 === 0) list.addAll(elements)
  }
  const storage = new MemoryCheckpointStorage()
  let names = new Set<string>()
  for (let checkpointId = 1; checkpointId <= 60; checkpointId++) {
    backend.setCurrentKey(5, hashKey(5))
    state.update('5')
    const snapshot = backend.seal(checkpointId)
    while (!snapshot.encode(1));
    const { segments } = await snapshot.write(storage, attemptId)
    names = new Set(segments.map(({ name }) => name))
    if (checkpointId < 60) continue
    // Nothing is left of the first one: all of it was written again from the disk.
    assert.ok(segments.every((segment) => segment.checkpointId > 1))
    const restored = await open(t, { clock, objectCacheSizeBytes: 8 << 20 })
    await restored.restore([{ keyGroups: backend.keyGroups, segments }], storage)
    const values = restored.getValueState<string>({ ...description, ttl })
    const lists = restored.getListState<number>({
      ...{ kind: 'list', name: 'l', elementType: undefined, ttl },
    })
    for (let key = 0; key < keyCount; key++) {
      restored.setCurrentKey(key, hashKey(key))
      assert.equal(values.value(), `${key}`)
      assert.deepEqual(lists.get(), key % 10 === 0 ? elements : [])
    }
  }
  assert.ok(names.size < 40, `${names.size} segments`)
  clock.nowMs += 100
  const expected = keyCount + (keyCount / 10) * elements.length
  for (let turn = 0; turn < 5000 && backend.expiredCount < expected; turn++) {
    backend.cleanUpExpired(500)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(backend.expiredCount, expected)
})
