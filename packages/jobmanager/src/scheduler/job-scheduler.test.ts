import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChannelCount, OperatorId } from '@millrace/core'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import { Bench, failure, pair, short, shuffle } from './job-scheduler-test-support.ts'

test('a job needs as many slots as the largest parallelism of each slot-sharing group', () => {
  const bench = new Bench(
    [
      { name: 'a', parallelism: 2 },
      { name: 'b', parallelism: 3 },
      { name: 'c', parallelism: 4, group: 'other' },
    ],
    [],
  )
  const [declared] = bench.commands
  assert.equal(declared?.kind === 'declare-requirement' && declared.requirement.slotCount, 7)
})

test('a region is deployed when it has all its slots, producers first, with channels', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  assert.deepEqual(short(bench.offer('tm-1')), [])
  assert.deepEqual(short(bench.offer('tm-2')), [
    'submit a0',
    'submit a1',
    'submit b0',
    'submit b1',
    'RUNNING',
  ])
  const consumer = bench.deployment('b1')
  assert.deepEqual(consumer.inputs, [
    {
      edgeIndex: 0,
      channels: [0, 1].map((subtask) => ({
        producerSubtask: subtask,
        producerAttemptId: bench.deployment(`a${subtask}`).attemptId,
        address: subtask === 0 ? 'tm-1:0' : 'tm-2:0',
      })),
    },
  ])
  const [output] = bench.deployment('a0').outputs
  assert.deepEqual(
    output?.consumers.map((each) => each.consumerAttemptId),
    [bench.deployment('b0').attemptId, bench.deployment('b1').attemptId],
  )
})

test('subtasks with the same index share a slot of their group', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  assert.equal(bench.deployment('a1').allocationId, bench.deployment('b1').allocationId)
  assert.notEqual(bench.deployment('a0').allocationId, bench.deployment('a1').allocationId)
})

test('a slot beyond what is needed is returned', () => {
  const bench = new Bench(pair, [])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.offer('tm-1')), ['release'])
})

test('a failure cancels the rest of the region; the restart waits until all of it is over', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  assert.deepEqual(short(bench.fail('b0')), ['RESTARTING', 'cancel a0', 'cancel a1', 'cancel b1'])
  assert.deepEqual(short(bench.report('a0', 'CANCELED')), [])
  assert.deepEqual(short(bench.report('a1', 'FINISHED')), [])
  assert.deepEqual(short(bench.report('b1', 'CANCELED')), ['release'])
  assert.equal(bench.scheduler.waitingFor(0), 'waiting for 1 slot')
  const again = bench.offer('tm-3')
  assert.deepEqual(short(again).slice(0, 1), ['submit a0'])
  assert.equal(bench.scheduler.status, 'RUNNING')
  assert.equal(bench.deployment('b0').attemptNumber, 1)
})

test('tasks go on in the slots they had, in others where that brought no checkpoint', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  const { allocationId } = bench.deployment('a0')
  bench.fail('a0', 'CONNECTION_LOST')
  bench.report('b0', 'CANCELED')
  assert.equal(bench.deployment('a0').allocationId, allocationId)
  for (let restart = 1; restart < 3; restart++) {
    bench.fail('a0', 'CONNECTION_LOST')
    assert.deepEqual(short(bench.report('b0', 'CANCELED')), ['release'])
    assert.equal(bench.scheduler.waitingFor(0), 'waiting for 1 slot')
    bench.offer('tm-2')
    assert.notEqual(bench.deployment('a0').allocationId, allocationId)
  }
})

test('a task that failed by what it did goes on in another slot, the others in theirs', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  const before = ['a0', 'a1'].map((task) => bench.deployment(task).allocationId)
  bench.fail('b0')
  for (const task of ['a0', 'a1', 'b1']) bench.report(task, 'CANCELED')
  bench.offer('tm-1')
  const after = ['a0', 'a1'].map((task) => bench.deployment(task).allocationId)
  assert.notEqual(after[0], before[0])
  assert.equal(after[1], before[1])
})

test('a slot whose thread is gone is returned when the last task in it is over', () => {
  const bench = new Bench(pair, [])
  bench.offer('tm-1')
  const exited = failure('SLOT_THREAD_EXITED')
  const over = { failure: exited, slotEnded: true }
  assert.deepEqual(short(bench.report('a0', 'FAILED', over)), ['RESTARTING'])
  assert.deepEqual(short(bench.report('b0', 'FAILED', over)), ['release'])
  const { allocationId } = bench.deployment('a0')
  assert.deepEqual(short(bench.offer('tm-1')), ['submit a0', 'submit b0', 'RUNNING'])
  assert.notEqual(bench.deployment('a0').allocationId, allocationId)
})

test('a slot is lost while the last task in a thread that is gone was not reported yet', () => {
  const bench = new Bench(pair, [])
  bench.offer('tm-1')
  bench.report('a0', 'FAILED', { failure: failure('SLOT_THREAD_EXITED'), slotEnded: true })
  bench.loseSlotOf('b0')
  assert.deepEqual(short(bench.offer('tm-2')), ['submit a0', 'submit b0', 'RUNNING'])
})

test('a failure leaves other regions alone, and their slots', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'forward']])
  bench.offer('tm-1', 'tm-2')
  assert.deepEqual(short(bench.fail('a0')), ['RESTARTING', 'cancel b0'])
  assert.deepEqual(short(bench.report('b0', 'CANCELED')), ['release'])
  assert.deepEqual(short(bench.offer('tm-1')), ['submit a0', 'submit b0', 'RUNNING'])
})

test('a slot that another region runs in is kept for the restart', () => {
  const bench = new Bench(pair, [])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.fail('a0')), ['RESTARTING', 'submit a0', 'RUNNING'])
})

test('tasks of a lost TaskManager are over at once', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  assert.deepEqual(short(bench.loseSlotOf('a0')), ['RESTARTING', 'cancel a1', 'cancel b1'])
  bench.report('a1', 'CANCELED')
  assert.deepEqual(short(bench.report('b1', 'CANCELED')), [])
  assert.equal(bench.scheduler.waitingFor(0), 'waiting for 1 slot')
  assert.deepEqual(short(bench.offer('tm-2')).slice(0, 1), ['submit a0'])
})

test('a task canceled on a TaskManager that is lost then is over', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1', 'CONNECTION_LOST')
  bench.report('a1', 'CANCELED')
  const commands = bench.loseSlotOf('a0')
  assert.equal(bench.scheduler.waitingFor(0), 'waiting for 1 slot', 'that of tm-2 is kept')
  const recorded = commands.find((command) => command.kind === 'failure-recorded')
  assert.equal(recorded?.failure.code, 'TASK_MANAGER_LOST', 'the cause of the lost connection')
})

test('slots lost at one stroke cost one restart, in however many regions', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'forward']], { attempts: 1 })
  bench.offer('tm-1', 'tm-2')
  bench.loseSlotOf('a0', 'a1')
  assert.equal(bench.scheduler.restartCount, 1)
  bench.offer('tm-1', 'tm-2')
  assert.equal(bench.scheduler.status, 'RUNNING')
})

test('a region that fails during a backoff joins the restart', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'forward']], { attempts: 1, delayMs: 1_000 })
  bench.offer('tm-1', 'tm-2')
  bench.fail('a0')
  bench.report('b0', 'CANCELED')
  bench.nowMs = 400
  assert.equal(bench.scheduler.waitingFor(bench.nowMs), 'restart in 600 ms')
  bench.fail('a1')
  bench.report('b1', 'CANCELED')
  bench.offer('tm-1', 'tm-2')
  assert.equal(bench.scheduler.status, 'RESTARTING')
  assert.equal(short(bench.fire('restart')).filter((each) => each.startsWith('submit')).length, 4)
})

test('finished tasks of a failed region start again', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  bench.report('a0', 'FINISHED')
  bench.fail('b0')
  bench.offer('tm-1')
  assert.equal(bench.deployment('a0').attemptNumber, 1)
})

test('messages of an attempt that was replaced are ignored', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  const old = bench.deployment('b0')
  bench.fail('a0')
  bench.report('b0', 'CANCELED')
  bench.offer('tm-1')
  for (const state of ['FAILED', 'FINISHED', 'RUNNING'] as const) {
    assert.deepEqual(bench.report(old, state), [])
  }
  assert.equal(bench.scheduler.status, 'RUNNING')
})

test('an error that must not be retried fails the job', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.fail('a0', 'JOB_GRAPH_DIFFERS', 'fail-job')), [
    'FAILING',
    'cancel b0',
  ])
  assert.deepEqual(short(bench.report('b0', 'CANCELED')), ['release', 'FAILED'])
  assert.equal(bench.scheduler.failure?.code, 'JOB_GRAPH_DIFFERS')
})

test('exhausted restarts fail the job with the first cause first', () => {
  const bench = new Bench([{ name: 'a', parallelism: 1 }], [], { attempts: 0 })
  bench.offer('tm-1')
  assert.deepEqual(short(bench.fail('a0')), ['FAILING', 'release', 'FAILED'])
  assert.equal(bench.scheduler.failure?.code, 'RESTARTS_EXHAUSTED')
  assert.match(bench.scheduler.failure?.message ?? '', /^USER_FUNCTION_FAILED of the test \(USER/)
})

test('slots that stay missing fail the job, and it is said how many', () => {
  const bench = new Bench([{ name: 'a', parallelism: 3 }], [])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.fire('slot-request')).slice(0, 1), ['FAILING'])
  const { code, message, details } = bench.scheduler.failure ?? failure('INTERNAL_ERROR')
  assert.equal(code, 'SLOTS_MISSING')
  assert.match(message, /needs 3 slots, and 1 of them was missing for 300000 ms/)
  assert.match(message, /3 slots on 1 TaskManager, 1 of them free/)
  assert.deepEqual(details, {
    needed: 3,
    missing: 1,
    slotCount: 3,
    freeSlotCount: 1,
    taskManagerCount: 1,
  })
})

test('the wait for slots is over when the last one comes', () => {
  const bench = new Bench(pair, [])
  assert.ok(bench.commands.some((each) => each.kind === 'set-timer'))
  const commands = bench.offer('tm-1')
  assert.ok(commands.some((each) => each.kind === 'cancel-timer' && each.timer === 'slot-request'))
  assert.deepEqual(bench.fire('slot-request'), [])
})

test('a task that does not end has its thread ended, and what else runs there restarts', () => {
  const vertices = [...shuffle, { name: 'c', parallelism: 1 }]
  const bench = new Bench(vertices, [['a', 'b', 'hash']])
  bench.offer('tm-1', 'tm-2')
  bench.fail('b1')
  bench.report('a0', 'CANCELED')
  bench.report('a1', 'CANCELED')
  const { attemptId, allocationId } = bench.deployment('b0')
  const commands = bench.fire(bench.deployment('b0'))
  assert.ok(commands.some((each) => each.kind === 'terminate-slot'))
  assert.deepEqual(short(commands), ['cancel c0'])
  assert.equal(bench.deployment('b0').attemptId, attemptId, 'nobody said that it is over')
  const lost = failure('SLOT_THREAD_EXITED')
  bench.handle({ kind: 'slots-lost', allocationIds: [allocationId], failure: lost })
  bench.offer('tm-1', 'tm-2')
  assert.equal(bench.deployment('c0').attemptNumber, 1)
  assert.equal(bench.scheduler.status, 'RUNNING')
})

test('canceling ends all tasks, then the job', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.handle({ kind: 'cancel-requested' })), [
    'CANCELLING',
    'cancel a0',
    'cancel b0',
  ])
  bench.report('a0', 'CANCELED')
  assert.deepEqual(short(bench.report('b0', 'FAILED')), ['release', 'CANCELED'])
})

test('a job that waits for slots is canceled at once', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  assert.deepEqual(short(bench.handle({ kind: 'cancel-requested' })).slice(-2), [
    'release',
    'CANCELED',
  ])
})

test('a job is finished when all its regions are; each returns its slots by itself', () => {
  const bench = new Bench(shuffle, [['a', 'b', 'forward']])
  bench.offer('tm-1', 'tm-2')
  bench.report('a0', 'FINISHED')
  assert.deepEqual(short(bench.report('b0', 'FINISHED')), ['release'])
  bench.report('a1', 'FINISHED')
  assert.deepEqual(short(bench.report('b1', 'FINISHED')), ['release', 'FINISHED'])
})

function channel(end: ChannelCount['end'], records: number): readonly ChannelCount[] {
  return [{ end, edgeIndex: 0, producerSubtask: 0, consumerSubtask: 0, records }]
}

test('records sent but not received fail the job, naming the edge and the counts', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.report('a0', 'FINISHED', { channelCounts: channel('sent', 10) })
  bench.report('b0', 'FINISHED', { channelCounts: channel('received', 9) })
  assert.equal(bench.scheduler.status, 'FAILED')
  assert.equal(bench.scheduler.failure?.code, 'INTERNAL_ERROR')
  const expected = /edge 0 \(hash\) from a \(1\/1\) to b \(1\/1\): 10 sent, 9 received/
  assert.match(bench.scheduler.failure?.message ?? '', expected)
})

test('counts that agree let the job finish', () => {
  const bench = new Bench(pair, [['a', 'b', 'hash']])
  bench.offer('tm-1')
  bench.report('a0', 'FINISHED', { channelCounts: channel('sent', 10) })
  bench.report('b0', 'FINISHED', { channelCounts: channel('received', 10) })
  assert.equal(bench.scheduler.status, 'FINISHED')
})

test('coordinators start before their readers, and anew when all readers do', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']], { coordinated: ['a'] })
  assert.deepEqual(short(bench.offer('tm-1')).slice(0, 3), [
    'start-coordinators',
    'reader-registered',
    'submit a0',
  ])
  bench.fail('b0')
  assert.deepEqual(short(bench.report('a0', 'CANCELED')), ['reader-failed', 'release'])
  assert.deepEqual(short(bench.offer('tm-1')).slice(0, 2), [
    'start-coordinators',
    'reader-registered',
  ])
})

test('a coordinator is told whether its readers only start again all together', () => {
  const restartingAsOne = (edge: 'forward' | 'hash') => {
    const bench = new Bench(shuffle, [['a', 'b', edge]], { coordinated: ['a'] })
    bench.offer('tm-1', 'tm-2')
    const starts = bench.commands.flatMap((command) =>
      command.kind === 'notify-job-host' && command.command.kind === 'start-coordinators'
        ? command.command.restartingAsOne
        : [],
    )
    return starts
  }
  assert.deepEqual(restartingAsOne('hash'), ['a-operator'])
  assert.deepEqual(restartingAsOne('forward'), [])
})

test('a coordinator goes on where only some of its readers fail', () => {
  const bench = new Bench([{ name: 'a', parallelism: 2 }], [], { coordinated: ['a'] })
  bench.offer('tm-1', 'tm-2')
  assert.deepEqual(short(bench.fail('a0')), ['RESTARTING', 'reader-failed', 'release'])
  assert.deepEqual(short(bench.offer('tm-1')), ['reader-registered', 'submit a0', 'RUNNING'])
})

test('a failed coordinator restarts with all its readers', () => {
  const bench = new Bench([{ name: 'a', parallelism: 2 }], [], { coordinated: ['a'] })
  bench.offer('tm-1', 'tm-2')
  const operatorId = OperatorId.parse('a-operator')
  const failed = failure('ENUMERATOR_FAILED')
  const commands = bench.handle({ kind: 'coordinator-failed', operatorId, failure: failed })
  assert.deepEqual(short(commands), ['RESTARTING', 'cancel a0', 'cancel a1'])
  bench.report('a0', 'CANCELED')
  const restarted = short(bench.report('a1', 'CANCELED'))
  assert.equal(restarted.filter((each) => each === 'start-coordinators').length, 1)
})

test('recovery is told when every task runs again', () => {
  const bench = new Bench(pair, [['a', 'b', 'forward']])
  bench.offer('tm-1')
  bench.fail('a0')
  bench.report('b0', 'CANCELED')
  bench.offer('tm-1')
  const isRecovered = (commands: readonly JobSchedulerCommand[]) =>
    commands.some((command) => command.kind === 'recovered')
  assert.equal(isRecovered(bench.report('a0', 'RUNNING')), false)
  assert.equal(isRecovered(bench.report('b0', 'INITIALIZING')), false)
  assert.equal(isRecovered(bench.report('b0', 'RUNNING')), true)
})
