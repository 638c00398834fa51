import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, pair, short, shuffle } from '../job-scheduler-test-support.ts'

/** Two regions, a and b, that run in one slot. */
function sharing(): Bench {
  const bench = new Bench(pair, [], { delayMs: 1_000 })
  bench.offer('tm-1')
  for (const task of ['a0', 'b0']) bench.report(task, 'RUNNING')
  return bench
}

test('a region that failed stays in its slot where another one still runs', () => {
  const bench = sharing()
  bench.fail('a0')
  assert.deepEqual(short(bench.fire('restart')), ['submit a0', 'RUNNING'])
  assert.deepEqual(short(bench.report('b0', 'FINISHED')), [])
})

test('a slot in which a region failed is returned when the other one is over before a retry', () => {
  const bench = sharing()
  bench.fail('a0')
  assert.deepEqual(short(bench.report('b0', 'FINISHED')), ['release'])
  assert.deepEqual(short(bench.fire('restart')), [])
  assert.deepEqual(short(bench.offer('tm-1')), ['submit a0', 'RUNNING'])
  for (const state of ['RUNNING', 'FINISHED'] as const) bench.report('a0', state)
  assert.equal(bench.scheduler.status, 'FINISHED')
})

test('slots that are kept no more are returned too when the other region is over', () => {
  const bench = sharing()
  bench.fail('a0', 'CONNECTION_LOST')
  bench.fire('restart')
  bench.fail('a0', 'CONNECTION_LOST')
  assert.deepEqual(short(bench.report('b0', 'FINISHED')), ['release'])
  assert.deepEqual(short(bench.fire('restart')), [])
  assert.deepEqual(short(bench.offer('tm-1')), ['submit a0', 'RUNNING'])
})

test('a task that answers its cancel too late is not followed by another one in its slot', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  for (const task of ['a0', 'a1', 'b0', 'b1']) bench.report(task, 'RUNNING')
  bench.fail('a0', 'CONNECTION_LOST')
  for (const task of ['b0', 'a1']) bench.report(task, 'CANCELED')
  bench.fire(bench.deployment('b1'))
  assert.deepEqual(short(bench.report('b1', 'CANCELED')), ['release'])
  const [first] = short(bench.offer('tm-2'))
  assert.equal(first, 'submit a0')
})
