import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { ReconnectBackoff } from './reconnect-backoff.ts'

/** Jitter in the middle: none. */
const random = { uint32: () => 0x8000_0000 }

test('pauses double from the first to the longest, and begin again after a success', () => {
  const backoff = new ReconnectBackoff(random, 50, 1000)
  const pauses: number[] = []
  let nowMs = 0
  for (let i = 0; i < 8; i++) {
    backoff.dialed(nowMs)
    backoff.failed()
    const nextMs = backoff.nextDialMs(nowMs)
    pauses.push(nextMs - nowMs)
    nowMs = nextMs
  }
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1000, 1000, 1000])
  backoff.dialed(nowMs)
  backoff.succeeded()
  assert.equal(backoff.nextDialMs(nowMs), nowMs + 50)
})

test('the first dial, and one after a long connection, are not delayed', () => {
  const backoff = new ReconnectBackoff(random, 50, 1000)
  assert.equal(backoff.nextDialMs(7), 7)
  backoff.dialed(7)
  backoff.succeeded()
  assert.equal(backoff.nextDialMs(10_000), 10_000)
})
