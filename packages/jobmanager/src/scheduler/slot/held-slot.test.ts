import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, short, shuffle } from '../job-scheduler-test-support.ts'

test('a region that misses a slot holds the others for a while, then waits without any', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  for (const task of ['a0', 'a1', 'b0', 'b1']) bench.report(task, 'RUNNING')
  bench.loseSlotOf('a0')
  for (const task of ['a1', 'b1']) bench.report(task, 'CANCELED')
  const timers = () =>
    bench.commands.flatMap((command) =>
      command.kind === 'set-timer' && command.timer === 'slot-request' ? command.delayMs : [],
    )
  assert.equal(timers().at(-1), 10_000)
  assert.deepEqual(short(bench.fire('slot-request')), ['release'])
  assert.equal(timers().at(-1), 290_000)
  assert.deepEqual(short(bench.fire('slot-request')), ['FAILING', 'FAILED'])
  assert.equal(bench.scheduler.failure?.code, 'SLOTS_MISSING')
})

test('a region that misses a slot in time goes on in those that it held', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  for (const task of ['a0', 'a1', 'b0', 'b1']) bench.report(task, 'RUNNING')
  bench.loseSlotOf('a0')
  for (const task of ['a1', 'b1']) bench.report(task, 'CANCELED')
  assert.deepEqual(short(bench.offer('tm-3')).slice(0, 1), ['submit a0'])
  const ended = bench.commands.filter((command) => command.kind === 'cancel-timer')
  assert.equal(ended.at(-1)?.timer, 'slot-request')
})
