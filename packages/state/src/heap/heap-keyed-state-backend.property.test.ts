import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, hashKey, keyGroupCount } from '@millrace/core'
import { testKeyedSnapshots } from '../contract/keyed-snapshot-test-support.ts'
import { testKeyedStateBackend } from '../contract/keyed-state-backend-test-support.ts'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from './heap-keyed-state-backend.ts'

testKeyedStateBackend('heap', (clock) => new HeapKeyedStateBackend(clock))
testKeyedSnapshots(
  'heap',
  (clock, keyGroups, options) => new HeapKeyedStateBackend(clock, keyGroups, options),
)

test('heap: where far more was removed than there is, all is written anew', async () => {
  const keyCount = 100_010
  const keyGroups = { start: 0, end: keyGroupCount }
  const storage = new MemoryCheckpointStorage()
  const backend = new HeapKeyedStateBackend(new TestClock(), keyGroups, { baseSizeBytes: 0 })
  const state = backend.getValueState({ kind: 'value', name: 'v', type: undefined, ttl: undefined })
  const forEach = (work: () => void): void => {
    for (let key = 0; key < keyCount; key++) {
      backend.setCurrentKey(key, hashKey(key))
      work()
    }
  }
  const take = async (id: number) => {
    const snapshot = backend.seal(id)
    while (!snapshot.encode(10));
    return snapshot.write(storage, ExecutionAttemptId.parse('aa_bb_0_0'))
  }
  forEach(() => state.update(1))
  const first = await take(1)
  assert.equal(first.segments[0]?.recordCount, keyCount)
  forEach(() => state.clear())
  // One that is given up has forgotten what was removed: the next has all again.
  backend.seal(2).discard()
  const { segments } = await take(3)
  assert.deepEqual(
    segments.map(({ recordCount, replaces }) => [recordCount, replaces]),
    [[0, keyGroups]],
  )
})
