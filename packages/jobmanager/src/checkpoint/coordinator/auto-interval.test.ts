import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AutoInterval, type IntervalChange } from './auto-interval.ts'

/** What is chosen when every checkpoint takes the same. */
function settled(maxReplayMs: number, durationMs: number, taskMs: number) {
  const auto = new AutoInterval(maxReplayMs)
  const changes: IntervalChange[] = []
  for (let i = 0; i < 50; i++) {
    const change = auto.onCompleted({ durationMs, taskMs })
    if (change !== undefined) changes.push(change)
  }
  return { intervalMs: auto.intervalMs, changes }
}

test('a job begins with a second, or half of what may be repeated', () => {
  assert.equal(new AutoInterval(10_000).intervalMs, 1_000)
  assert.equal(new AutoInterval(600).intervalMs, 300)
  assert.equal(new AutoInterval(100).intervalMs, 250)
})

test('cheap checkpoints come often, dear ones as seldom as the goal allows', () => {
  assert.equal(settled(10_000, 20, 1).intervalMs, 250)
  assert.equal(settled(10_000, 60, 20).intervalMs, 1_000)
  assert.equal(settled(10_000, 100, 60).intervalMs, 3_000)
  assert.equal(settled(10_000, 400, 1_000).intervalMs, 8_640)
})

test('the store has as much time without a checkpoint as with one', () => {
  assert.equal(settled(10_000, 2_000, 1).intervalMs, 4_000)
})

test('each change says why, with what was measured', () => {
  const { changes } = settled(10_000, 400, 1_000)
  assert.deepEqual(
    changes.map(({ fromMs, toMs }) => [fromMs, toMs]),
    [[1_000, 8_640]],
  )
  assert.equal(
    changes[0]?.reason,
    'it takes 400 ms and costs a task 1000 ms; no more than 10000 ms (max-replay) may be ' +
      "repeated, which takes 11.6 % of the task's time",
  )
  assert.match(settled(10_000, 60, 4.25).changes[0]?.reason ?? '', /costs a task 4\.3 ms, which/)
})

test('a goal that cannot be met is said, and checkpoints follow each other soon', () => {
  const { intervalMs, changes } = settled(1_000, 5_000, 10)
  assert.equal(intervalMs, 250)
  assert.match(changes[0]?.reason ?? '', /1000 ms \(max-replay\) cannot be promised/)
})

test('what differs little changes nothing, unless the goal is missed by it', () => {
  const auto = new AutoInterval(2_000)
  for (let i = 0; i < 50; i++) auto.onCompleted({ durationMs: 100, taskMs: 38 })
  assert.equal(auto.intervalMs, 1_710)
  assert.equal(auto.onCompleted({ durationMs: 200, taskMs: 37 }), undefined)
  const change = auto.onCompleted({ durationMs: 1_000, taskMs: 38 })
  assert.deepEqual([change?.fromMs, change?.toMs], [1_710, 1_448])
})

test('whatever was measured, the goal is kept where it can be, and nothing is odd', () => {
  const costs = fc.array(
    fc.record({
      durationMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
      taskMs: fc.double({ min: 0, max: 100_000, noNaN: true }),
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 500, max: 3_600_000 }), costs, (maxReplayMs, all) => {
      const auto = new AutoInterval(maxReplayMs)
      let durationMs: number | undefined
      for (const cost of all) {
        const before = auto.intervalMs
        const change = auto.onCompleted(cost)
        assert.equal(auto.intervalMs, change?.toMs ?? before)
        durationMs =
          durationMs === undefined
            ? cost.durationMs
            : durationMs + 0.3 * (cost.durationMs - durationMs)
        assert.ok(Number.isInteger(auto.intervalMs) && auto.intervalMs >= 250)
        const leftMs = 0.9 * (maxReplayMs - durationMs)
        if (leftMs >= 251) assert.ok(auto.intervalMs + durationMs <= maxReplayMs + 1e-6)
        else if (leftMs < 249) assert.ok(auto.intervalMs <= 275)
      }
    }),
  )
})
