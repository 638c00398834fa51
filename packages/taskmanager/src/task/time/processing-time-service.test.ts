import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock, Timer } from '@millrace/core'
import { FakeClock } from '../../fake-clock-test-support.ts'
import { ProcessingTimeService } from './processing-time-service.ts'

/** A clock that counts the timers set on it and not over, and whose wall may jump. */
class CountingClock extends FakeClock implements Clock {
  pending = 0
  jumpMs = 0

  override now(): number {
    return super.now() + this.jumpMs
  }

  override setTimer(delayMs: number, callback: () => void): Timer {
    this.pending++
    let isOver = false
    const end = (): void => {
      if (!isOver) this.pending--
      isOver = true
    }
    const timer = super.setTimer(delayMs, () => {
      end()
      callback()
    })
    return {
      cancel: () => {
        end()
        timer.cancel()
      },
    }
  }
}

function service() {
  const clock = new CountingClock()
  const start = clock.now()
  const wokenAt: number[] = []
  const time = new ProcessingTimeService(clock, () => wokenAt.push(clock.now() - start))
  return { clock, time, wokenAt, start }
}

test('the loop is woken once the earliest time has passed, by one timer of the clock', () => {
  const { clock, time, wokenAt, start } = service()
  for (const ms of [50, 20, 70, 20, 30]) time.wakeAfter(start + ms)
  assert.equal(clock.pending, 1)
  clock.advance(20)
  assert.deepEqual(wokenAt, [])
  clock.advance(1)
  assert.deepEqual(wokenAt, [21])
  time.wakeAfter(start + 30)
  clock.advance(100)
  assert.deepEqual(wokenAt, [21, 31])
  assert.equal(clock.pending, 0)
})

test('a time that has passed wakes the loop at once', () => {
  const { clock, time, wokenAt, start } = service()
  time.wakeAfter(start - 100)
  clock.advance(0)
  assert.deepEqual(wokenAt, [0])
})

test('a wall clock that jumps is looked at again after a minute', () => {
  const { clock, time, wokenAt, start } = service()
  time.wakeAfter(start + 3_600_000)
  clock.jumpMs = 3_600_001
  clock.advance(60_000)
  assert.deepEqual(wokenAt, [3_660_001])
})

test('after close nobody is woken', () => {
  const { clock, time, wokenAt, start } = service()
  time.wakeAfter(start + 10)
  time.close()
  clock.advance(100)
  assert.deepEqual(wokenAt, [])
  assert.equal(clock.pending, 0)
})
