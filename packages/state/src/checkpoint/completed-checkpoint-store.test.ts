import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError } from '@millrace/core'
import { CompletedCheckpointStore } from './completed-checkpoint-store.ts'
import { checkpointOf } from './completed-checkpoint-test-support.ts'

test('a checkpoint too many is given up, its metadata first, without what a later one names', () => {
  const store = new CompletedCheckpointStore(1)
  assert.deepEqual(store.add(checkpointOf(1, ['a/1', 'a/2'])), [])
  assert.deepEqual(store.add(checkpointOf(3, ['a/2', 'a/3'])), ['chk-1/_metadata', 'a/1'])
  assert.deepEqual(
    store.retained.map(({ checkpointId }) => checkpointId),
    [3],
  )
  assert.equal(store.latest?.checkpointId, 3)
})

test('what a running attempt or a pending checkpoint names stays until the last lets go', () => {
  const store = new CompletedCheckpointStore(1)
  store.hold('attempt', ['a/1'])
  store.extend('checkpoint 2', ['a/1'])
  store.extend('checkpoint 2', ['a/1', 'b/1'])
  store.add(checkpointOf(1, ['a/1']))
  assert.deepEqual(store.add(checkpointOf(3, ['a/3'])), ['chk-1/_metadata'])
  assert.deepEqual(store.hold('attempt', ['a/3']), [])
  assert.deepEqual(store.release('checkpoint 2'), ['a/1', 'b/1'])
  assert.deepEqual(store.release('checkpoint 2'), [])
  assert.deepEqual(store.release('attempt'), [])
  assert.equal(store.isNamed('a/3'), true)
  assert.equal(store.isNamed('a/1'), false)
})

test('what an attempt wrote for a checkpoint that was given up goes when its chain drops it', () => {
  const store = new CompletedCheckpointStore(2)
  store.hold('attempt', ['a/1', 'a/2'])
  assert.deepEqual(store.hold('attempt', ['a/2', 'a/3']), ['a/1'])
  assert.deepEqual(store.release('attempt'), ['a/2', 'a/3'])
})

test('a damaged checkpoint is discarded and the one before it is the latest', () => {
  const store = new CompletedCheckpointStore(2, [
    checkpointOf(7, ['a/1', 'a/2']),
    checkpointOf(5, ['a/1']),
  ])
  assert.deepEqual(store.discard(7), ['chk-7/_metadata', 'a/2'])
  assert.deepEqual(store.discard(7), [])
  assert.equal(store.latest?.checkpointId, 5)
})

test('of more recovered checkpoints than are retained the oldest go with the next one', () => {
  const recovered = [1, 2, 3].map((id) => checkpointOf(id, [`a/${id}`]))
  const store = new CompletedCheckpointStore(2, recovered)
  assert.deepEqual(store.add(checkpointOf(4, ['a/4'])), [
    'chk-1/_metadata',
    'a/1',
    'chk-2/_metadata',
    'a/2',
  ])
  assert.deepEqual(store.clear(), ['chk-3/_metadata', 'a/3', 'chk-4/_metadata', 'a/4'])
  assert.equal(store.latest, undefined)
})

test('a checkpoint that completes after a later one is a bug', () => {
  const store = new CompletedCheckpointStore(2, [checkpointOf(2, [])])
  assert.throws(() => store.add(checkpointOf(2, [])), AssertionError)
})
