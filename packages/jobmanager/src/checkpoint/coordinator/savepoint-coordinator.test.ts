import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JobSchedulerCommand } from '../../scheduler/job-scheduler-command.ts'
import { short } from '../../scheduler/job-scheduler-test-support.ts'
import { checkpointsIn, twoRegions, twoTasks } from './checkpoint-bench-test-support.ts'

function failureIn(commands: readonly JobSchedulerCommand[]): string {
  const failed = commands.find(({ kind }) => kind === 'savepoint-failed')
  assert.ok(failed?.kind === 'savepoint-failed')
  return failed.failure.message
}

describe('a savepoint after which the job goes on', () => {
  test('is triggered at once, and is a checkpoint before its files are copied', () => {
    const job = twoTasks({ options: { minPauseMs: 60_000 } })
    const requested = job.savepoint('savepoint')
    assert.deepEqual(checkpointsIn(requested), ['trigger-checkpoint 1'])
    const trigger = requested.find(({ kind }) => kind === 'trigger-checkpoint')
    assert.ok(trigger?.kind === 'trigger-checkpoint' && trigger.purpose === 'savepoint')
    assert.deepEqual(checkpointsIn(job.acknowledgeAll(1)), ['store-checkpoint 1'])
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'write-savepoint 1',
    ])
    assert.deepEqual(checkpointsIn(job.written()), ['savepoint-completed'])
  })

  test('keeps its files while they are copied, however many checkpoints complete', () => {
    const job = twoTasks({ options: { numRetained: 1 } })
    job.savepoint('savepoint')
    job.acknowledgeAll(1, ['first'])
    job.stored(1)
    job.take(2, ['second'])
    const third = [...job.pass(1_000), ...job.acknowledgeAll(3, ['third']), ...job.stored(3)]
    assert.ok(!checkpointsIn(third).some((command) => command.includes('first')))
    const written = checkpointsIn(job.written())
    assert.deepEqual(written, ['delete first', 'savepoint-completed'])
  })

  test('waits until the job runs again, and does not outlive a failure of its checkpoint', () => {
    const job = twoTasks()
    job.bench.fail('a0')
    assert.deepEqual(checkpointsIn(job.savepoint('savepoint')), [])
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    job.runAll('a0')
    assert.deepEqual(checkpointsIn(job.bench.report('b0', 'RUNNING')), ['trigger-checkpoint 1'])
    const failed = job.bench.fail('a0')
    assert.deepEqual(checkpointsIn(failed), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_ABORTED 1',
      'savepoint-failed',
    ])
    assert.match(failureIn(failed), /was not taken: .* task a .* failed/)
  })

  test('fails where its files cannot be copied, and the checkpoint stays', () => {
    const job = twoTasks()
    job.savepoint('savepoint')
    job.acknowledgeAll(1)
    job.stored(1)
    const failed = job.written(false)
    assert.deepEqual(checkpointsIn(failed), ['savepoint-failed'])
    assert.equal(job.bench.scheduler.checkpoints?.latest?.checkpointId, 1)
    assert.deepEqual(checkpointsIn(job.savepoint('savepoint')), ['trigger-checkpoint 2'])
  })

  test('that fails is none of the failures the job may have', () => {
    const job = twoTasks({ options: { tolerableFailedCheckpoints: 0 } })
    job.savepoint('savepoint')
    job.decline(1, 'a0')
    assert.equal(job.bench.scheduler.status, 'RUNNING')
  })
})

describe('a stop', () => {
  test('stores its checkpoint when the savepoint is whole, and tells the tasks then', () => {
    const job = twoTasks()
    const trigger = job.savepoint('stop').find(({ kind }) => kind === 'trigger-checkpoint')
    assert.ok(trigger?.kind === 'trigger-checkpoint' && trigger.purpose === 'stop')
    assert.deepEqual(checkpointsIn(job.acknowledgeAll(1)), ['write-savepoint 1'])
    assert.deepEqual(checkpointsIn(job.pass(5_000)), [], 'the tasks stand still')
    assert.deepEqual(checkpointsIn(job.written()), ['store-checkpoint 1'])
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'savepoint-completed',
    ])
    job.bench.report('a0', 'FINISHED')
    assert.deepEqual(short(job.bench.report('b0', 'FINISHED')), ['release', 'FINISHED'])
  })

  test('that fails lets the tasks go on', () => {
    const job = twoTasks()
    job.savepoint('stop')
    job.acknowledgeAll(1)
    assert.deepEqual(checkpointsIn(job.written(false)), [
      'notify-checkpoint-aborted 1',
      'FILE_WRITE_FAILED 1',
      'savepoint-failed',
    ])
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 2'])
  })

  test('is over with a failure of a task while its files are copied', () => {
    const job = twoTasks()
    job.savepoint('stop')
    job.acknowledgeAll(1)
    assert.match(failureIn(job.bench.fail('b0')), /The job goes on as before/)
    assert.deepEqual(checkpointsIn(job.written()), [], 'what comes of it does not matter')
  })

  test('once complete is not undone: tasks that fail start again to end', () => {
    const job = twoRegions()
    job.savepoint('stop')
    job.acknowledgeAll(1)
    job.written()
    job.stored(1)
    for (const task of ['a0', 'b0']) job.bench.report(task, 'FINISHED')
    job.bench.fail('a1')
    job.bench.report('b1', 'CANCELED')
    job.offerSlots()
    for (const task of ['a1', 'b1']) {
      assert.equal(job.bench.deployment(task).restore?.isFinished, true)
      job.bench.report(task, 'RUNNING')
    }
    assert.deepEqual(checkpointsIn(job.pass(10_000)), [], 'none while they end')
    assert.deepEqual(checkpointsIn(job.endOfData('a1', 'b1')), ['trigger-checkpoint 2'])
    for (const task of ['a1', 'b1']) job.acknowledge(2, task, { isFinished: true })
    job.stored(2)
    for (const task of ['a1', 'b1']) job.bench.report(task, 'FINISHED')
    assert.equal(job.bench.scheduler.status, 'FINISHED')
  })
})

describe('a drain', () => {
  test('ends the sources first, and is taken when all tasks are at their end', () => {
    const job = twoTasks()
    assert.deepEqual(checkpointsIn(job.savepoint('drain')), ['drain-sources'])
    assert.deepEqual(checkpointsIn(job.pass(5_000)), [], 'no checkpoint says what is half drained')
    assert.deepEqual(checkpointsIn(job.endOfData('a0', 'b0')), ['trigger-checkpoint 1'])
    for (const task of job.tasks) job.acknowledge(1, task, { isFinished: true })
    job.written()
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'savepoint-completed',
    ])
    for (const task of job.tasks) job.bench.report(task, 'FINISHED')
    assert.equal(job.bench.scheduler.status, 'FINISHED')
  })

  test('that fails takes the whole job back, other regions too', () => {
    const job = twoRegions()
    job.take(1)
    job.savepoint('drain')
    const failed = job.bench.fail('a0')
    assert.match(failureIn(failed), /the job goes on from its latest checkpoint/)
    assert.deepEqual(
      short(failed)
        .filter((command) => command.startsWith('cancel'))
        .toSorted(),
      ['cancel a1', 'cancel b0', 'cancel b1'],
    )
    for (const task of ['a1', 'b0', 'b1']) job.bench.report(task, 'CANCELED')
    job.offerSlots()
    assert.equal(job.bench.deployment('a1').restore?.checkpointId, 1)
    assert.equal(job.bench.deployment('a1').restore?.isFinished, false)
  })
})
