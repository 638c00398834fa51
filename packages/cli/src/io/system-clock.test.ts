import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from './system-clock.ts'

const dayMs = 86_400_000

test('a timer of more days than Node can wait fires when they are over', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const mocked = globalThis.setTimeout
  const delays: number[] = []
  t.mock.method(globalThis, 'setTimeout', (callback: () => void, delayMs: number) => {
    delays.push(delayMs)
    return mocked(callback, delayMs)
  })
  let firedCount = 0
  new SystemClock().setTimer(60 * dayMs, () => firedCount++)
  for (let day = 1; day < 60; day++) t.mock.timers.tick(dayMs)
  assert.equal(firedCount, 0)
  // Each part begins at the end of the mocked day in which the one before was over.
  for (let day = 60; day < 63; day++) t.mock.timers.tick(dayMs)
  assert.equal(firedCount, 1)
  assert(delays.every((delayMs) => delayMs < 2 ** 31))
})

test('a long timer that was canceled in its second part does not fire', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let firedCount = 0
  const timer = new SystemClock().setTimer(60 * dayMs, () => firedCount++)
  t.mock.timers.tick(30 * dayMs)
  timer.cancel()
  t.mock.timers.tick(60 * dayMs)
  assert.equal(firedCount, 0)
})
