import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NoneRestartStrategy } from '../failover/none-restart-strategy.ts'
import { Bench, pair, shuffle } from './job-scheduler-test-support.ts'

/** Failures that were recorded, an explanation marked by an arrow. */
function recorded({ commands }: Bench): readonly string[] {
  return commands.flatMap((command) => {
    if (command.kind !== 'failure-recorded') return []
    return `${command.isExplanation ? '→ ' : ''}${command.failure.code} ${command.taskName}`
  })
}

test("without restarts the job's failure is the cause of the lost connection before it", () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']], { strategy: new NoneRestartStrategy() })
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'CONNECTION_LOST')
  assert.equal(bench.scheduler.failure?.code, 'CONNECTION_LOST')
  bench.fail('a1', 'CONNECTION_LOST')
  bench.fail('a0', 'SLOT_OUT_OF_MEMORY')
  assert.equal(bench.scheduler.status, 'FAILING')
  bench.fail('b0', 'USER_FUNCTION_FAILED')
  assert.equal(bench.scheduler.status, 'FAILED')
  assert.equal(bench.scheduler.failure?.code, 'SLOT_OUT_OF_MEMORY', 'the first that explains it')
  assert.deepEqual(recorded(bench), ['CONNECTION_LOST b (2/2)', '→ SLOT_OUT_OF_MEMORY a (1/2)'])
})

test('a job that fails waits for the loss of the TaskManager that broke the connection', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']], { strategy: new NoneRestartStrategy() })
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'CONNECTION_LOST')
  bench.report('a1', 'CANCELED')
  assert.equal(bench.scheduler.status, 'FAILING')
  bench.loseSlotOf('a0')
  assert.equal(bench.scheduler.status, 'FAILED')
  assert.equal(bench.scheduler.failure?.code, 'TASK_MANAGER_LOST')
})

test('exhausted restarts name the cause of the lost connection that used up the last', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']], { attempts: 0 })
  bench.offer('tm-1')
  bench.fail('b0', 'CONNECTION_LOST')
  bench.fail('a0', 'SLOT_THREAD_EXITED')
  assert.equal(bench.scheduler.failure?.code, 'RESTARTS_EXHAUSTED')
  assert.match(bench.scheduler.failure?.message ?? '', /^SLOT_THREAD_EXITED of the test \(SLOT_/)
})

test('a failure of its own is not replaced by those that follow', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']], { strategy: new NoneRestartStrategy() })
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'USER_FUNCTION_FAILED')
  bench.fail('a0', 'SLOT_OUT_OF_MEMORY')
  bench.fail('a1', 'CONNECTION_LOST')
  bench.report('b0', 'CANCELED')
  assert.equal(bench.scheduler.failure?.code, 'USER_FUNCTION_FAILED')
  assert.deepEqual(recorded(bench), ['USER_FUNCTION_FAILED b (2/2)'])
})

test('the cause may lie in a region that fails after the lost connection', () => {
  const vertices = [...shuffle, { name: 'c', parallelism: 1 }]
  const bench = new Bench(vertices, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'CONNECTION_LOST')
  bench.loseSlotOf('c0')
  assert.deepEqual(recorded(bench), ['CONNECTION_LOST b (2/2)', '→ TASK_MANAGER_LOST c (1/1)'])
  assert.equal(bench.scheduler.restartCount, 1)
})

test('a task that does not end when canceled explains no lost connection', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'CONNECTION_LOST')
  bench.fire(bench.deployment('a0'))
  assert.deepEqual(recorded(bench), [
    'CONNECTION_LOST b (2/2)',
    'TASK_CANCELLATION_TIMEOUT a (1/2)',
  ])
})

test('a cause that must not be retried fails the job instead of its restart', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.fail('b0', 'CONNECTION_LOST')
  assert.equal(bench.scheduler.status, 'RESTARTING')
  bench.fail('a0', 'JOB_GRAPH_DIFFERS', 'fail-job')
  assert.equal(bench.scheduler.status, 'FAILED')
  assert.equal(bench.scheduler.failure?.code, 'JOB_GRAPH_DIFFERS')
})

test('after a restart an earlier lost connection is not explained any more', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.fail('b0', 'CONNECTION_LOST')
  bench.report('a0', 'CANCELED')
  bench.offer('tm-1')
  bench.fail('a0', 'USER_FUNCTION_FAILED')
  assert.deepEqual(recorded(bench), ['CONNECTION_LOST b (1/1)', 'USER_FUNCTION_FAILED a (1/1)'])
})
