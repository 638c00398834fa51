import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bench, pair, short } from '../job-scheduler-test-support.ts'

const timer = 'deployment-0'

function timerCommands(commands: Bench['commands']): readonly string[] {
  return commands.flatMap((command) => {
    const isTimer = command.kind === 'set-timer' || command.kind === 'cancel-timer'
    return isTimer && command.timer === timer ? command.kind : []
  })
}

test('the time until all tasks of a region run is bounded', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  assert.deepEqual(timerCommands(bench.commands), ['set-timer'])
  bench.report('a0', 'RUNNING')
  assert.deepEqual(timerCommands(bench.commands), ['set-timer'])
  bench.report('b0', 'RUNNING')
  assert.deepEqual(timerCommands(bench.commands), ['set-timer', 'cancel-timer'])
  assert.deepEqual(bench.fire(timer), [], 'it fired while it was being canceled')
})

test('a task that was FINISHED before another one runs bounds nothing any more', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.report('a0', 'FINISHED')
  bench.report('b0', 'RUNNING')
  assert.deepEqual(timerCommands(bench.commands), ['set-timer', 'cancel-timer'])
})

test('a region with tasks that never run fails, names them, and restarts', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.report('a0', 'INITIALIZING')
  const commands = bench.fire(timer)
  assert.deepEqual(short(commands), ['RESTARTING', 'cancel a0', 'cancel b0'])
  const recorded = commands.find((command) => command.kind === 'failure-recorded')
  assert.equal(recorded?.failure.code, 'TASK_DEPLOYMENT_TIMEOUT')
  assert.match(recorded?.failure.message ?? '', /2 tasks did not run within 300000 ms/)
  assert.match(
    recorded?.failure.message ?? '',
    /a \(1\/1\) is INITIALIZING on tm-1, b \(1\/1\) is DEPL/,
  )
  bench.report('a0', 'CANCELED')
  assert.deepEqual(short(bench.report('b0', 'CANCELED')), ['submit a0', 'submit b0', 'RUNNING'])
  bench.report('b0', 'RUNNING')
  assert.deepEqual(short(bench.fire(timer)).slice(0, 1), ['RESTARTING'], 'each attempt anew')
})

test('a region that is being canceled is late for nothing', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.fail('a0')
  assert.deepEqual(bench.fire(timer), [])
})
