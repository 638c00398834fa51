import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExecutionAttemptId, hashKey, keyGroupCount } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import type { TimerQueue } from './timer-queue.ts'

const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const timerOf = (key: number) => ({ key, keyHash: hashKey(key), namespace: '', timestamp: key % 7 })

function polled(queue: TimerQueue): number[] {
  return Array.from({ length: queue.size }, () => Number(queue.poll()?.key))
}

test('a queue that empties and grows while it is encoded is restored as it was sealed', async () => {
  const storage = new MemoryCheckpointStorage()
  const keyGroups = { start: 0, end: keyGroupCount }
  const open = () => new HeapKeyedStateBackend(new TestClock(), keyGroups, { baseSizeBytes: 0 })
  const backend = open()
  const queue = backend.getTimerQueue('timers')
  const restored = async (handle: Parameters<typeof backend.restore>[0][number]) => {
    const other = open()
    await other.restore([handle], storage)
    return polled(other.getTimerQueue('timers'))
  }
  const inOrder = (keys: number[]): number[] =>
    keys.toSorted((one, other) => timerOf(one).timestamp - timerOf(other).timestamp)
  const thousand = inOrder([...Array(1000).keys()])
  // Set in the order of their keys: that is the order of those of one time, after a restore too.
  for (let key = 0; key < 1000; key++) queue.register(timerOf(key))
  const first = backend.seal(1)
  first.encode(0)
  assert.equal(queue.capacity, 1024)
  for (const key of thousand.slice(0, 990)) queue.delete(timerOf(key))
  assert.equal(queue.capacity, 1024, 'A snapshot knows timers by their places')
  while (!first.encode(0));
  assert.deepEqual(await restored(await first.write(storage, attemptId)), thousand)

  queue.delete(timerOf(thousand[990] ?? 0))
  assert.ok(queue.capacity < 1024, `${queue.capacity}`)
  for (let key = 2000; key < 2100; key++) queue.register(timerOf(key))
  const expected = inOrder([
    ...thousand.slice(991),
    ...Array.from({ length: 100 }, (_, i) => 2000 + i),
  ])
  const second = backend.seal(2)
  second.encode(0)
  for (let key = 3000; key < 3500; key++) queue.register(timerOf(key))
  while (!second.encode(0));
  assert.deepEqual(await restored(await second.write(storage, attemptId)), expected)
})
