import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '@millrace/core'
import { type InternalTimer, TimerQueue } from './timer-queue.ts'

function timer(key: unknown, timestamp: number, namespace = ''): InternalTimer {
  return { key, keyHash: hashKey(key), namespace, timestamp }
}

function drained(queue: TimerQueue): readonly InternalTimer[] {
  const timers: InternalTimer[] = []
  for (let next = queue.poll(); next !== undefined; next = queue.poll()) timers.push(next)
  return timers
}

test('timers come in order of time, those of one time as they were registered', () => {
  const queue = new TimerQueue()
  for (const [key, ms] of [
    ['c', 5],
    ['a', 9],
    ['b', 5],
    ['d', 1],
    ['a', 5],
  ] as const) {
    queue.register(timer(key, ms))
  }
  assert.deepEqual(
    drained(queue).map(({ key, timestamp }) => `${timestamp}${key}`),
    ['1d', '5c', '5b', '5a', '9a'],
  )
})

test('the same timer is there once; another namespace makes another timer', () => {
  const queue = new TimerQueue()
  assert.equal(queue.register(timer({ a: 1, b: 2 }, 5)), true)
  assert.equal(queue.register(timer({ b: 2, a: 1 }, 5)), false)
  assert.equal(queue.register(timer({ a: 1, b: 2 }, 5, 'window')), true)
  assert.equal(queue.delete(timer({ b: 2, a: 1 }, 5)), true)
  assert.equal(queue.delete(timer({ b: 2, a: 1 }, 5)), false)
  assert.deepEqual(
    drained(queue).map(({ namespace }) => namespace),
    ['window'],
  )
})

test('a key that is changed after the registration changes no timer', () => {
  const queue = new TimerQueue()
  const key = { user: 'ann' }
  queue.register(timer(key, 5))
  key.user = 'bob'
  assert.deepEqual(queue.poll()?.key, { user: 'ann' })
})

test('keys that are times themselves do not collide', () => {
  const queue = new TimerQueue()
  const count = 20_000
  // With one hash for all of them this would take 200 million comparisons of each kind.
  for (let ms = 0; ms < count; ms++) queue.register(timer(ms, ms))
  for (let ms = 0; ms < count; ms++) assert.equal(queue.register(timer(ms, ms)), false)
  assert.equal(queue.size, count)
})

test('what a burst of timers took is given back', () => {
  const queue = new TimerQueue()
  for (let n = 0; n < 10_000; n++) queue.register(timer(n % 100, n))
  assert.equal(queue.capacity, 16_384)
  for (let n = 0; n < 9_990; n++) assert.equal(queue.delete(timer(n % 100, n)), true)
  assert.ok(queue.capacity <= 16 * 10, `room for ${queue.capacity} timers`)
  assert.deepEqual(
    drained(queue).map(({ timestamp }) => timestamp),
    Array.from({ length: 10 }, (_, n) => 9_990 + n),
  )
  assert.equal(queue.capacity, 16)
})

test('deleting and registering again and again takes no room', () => {
  const queue = new TimerQueue()
  for (let n = 0; n < 10_000; n++) {
    queue.register(timer('key', n))
    if (n > 0) assert.equal(queue.delete(timer('key', n - 1)), true)
  }
  assert.equal(queue.size, 1)
  assert.equal(queue.capacity, 16)
})
