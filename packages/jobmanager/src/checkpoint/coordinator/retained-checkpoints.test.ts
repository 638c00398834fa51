import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JobSchedulerCommand } from '../../scheduler/job-scheduler-command.ts'
import { failure } from '../../scheduler/job-scheduler-test-support.ts'
import {
  checkpointsIn,
  metricsOfTest,
  snapshotOf,
  twoRegions,
  twoTasks,
} from './checkpoint-bench-test-support.ts'

// What is retained, seen from the coordinator that it belongs to.

describe('a damaged checkpoint', () => {
  const corrupt = failure('CHECKPOINT_CORRUPT')

  test('the whole job goes back to the one before, and says so', () => {
    const job = twoRegions()
    job.take(1)
    job.take(2)
    job.bench.fail('a0')
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    assert.equal(job.bench.deployment('a0').restore?.checkpointId, 2)
    const commands = job.bench.report('a0', 'FAILED', { failure: corrupt })
    const recorded = commands.find((command) => command.kind === 'failure-recorded')
    assert.match(recorded?.failure.message ?? '', /The job goes back to checkpoint 1\./)
    assert.ok(checkpointsIn(commands).includes('checkpoint-damaged 2'))
    for (const task of ['a1', 'b1', 'b0']) job.bench.report(task, 'CANCELED')
    job.offerSlots()
    for (const task of job.tasks) {
      assert.equal(job.bench.deployment(task).restore?.checkpointId, 1, task)
    }
  })

  test('makes room for the next one before any that can be restored', () => {
    const job = twoTasks()
    job.take(1, ['s1'])
    job.take(2, ['s1', 's2'])
    job.bench.fail('a0')
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    job.bench.report('a0', 'FAILED', { failure: corrupt })
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    job.runAll()
    job.pass(1_000)
    job.acknowledgeAll(3, ['s1', 's3'])
    assert.deepEqual(checkpointsIn(job.stored(3)).slice(1), ['delete chk-2/_metadata s2'])
    job.pass(1_000)
    job.acknowledgeAll(4, ['s4'])
    assert.deepEqual(checkpointsIn(job.stored(4)).slice(1), ['delete chk-1/_metadata'])
  })

  test('a job with no other fails for good, and never starts from nothing', () => {
    const job = twoTasks()
    job.take(1)
    job.bench.fail('a0')
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    job.bench.report('a0', 'FAILED', { failure: corrupt })
    job.bench.report('b0', 'CANCELED')
    assert.equal(job.bench.scheduler.status, 'FAILED')
    assert.equal(job.bench.scheduler.failure?.code, 'CHECKPOINT_CORRUPT')
  })
})

describe('files', () => {
  test('those that only a checkpoint beyond the retained ones names are deleted', () => {
    const job = twoTasks({ options: { numRetained: 1 } })
    job.take(1, ['s1', 'base'])
    job.pass(1_000)
    job.acknowledgeAll(2, ['s2', 'base'])
    assert.deepEqual(checkpointsIn(job.stored(2)).slice(1), ['delete chk-1/_metadata s1'])
  })

  test('those of an aborted checkpoint stay while the attempt runs, whose chain names them', () => {
    const job = twoTasks({ options: { numRetained: 1 } })
    job.pass(1_000)
    job.acknowledge(1, 'a0', { files: ['s1'] })
    assert.ok(!checkpointsIn(job.decline(1, 'b0')).some((each) => each.startsWith('delete')))
    job.pass(1_000)
    job.acknowledge(2, 'a0', { files: ['s1', 's2'] })
    job.acknowledge(2, 'b0')
    job.stored(2)
    assert.deepEqual(
      job
        .toStore(2)
        .vertices[0]?.subtasks[0]?.operators[0]?.keyed?.segments.map(({ name }) => name),
      ['s1', 's2'],
    )
  })

  test('those of a finished task stay for a checkpoint that began with them', () => {
    const job = twoTasks({ options: { numRetained: 1, maxConcurrentCheckpoints: 2 } })
    job.pass(1_000)
    job.pass(1_000)
    job.acknowledge(1, 'a0', { isFinished: true, files: ['s1'] })
    job.acknowledge(2, 'a0', { isFinished: true, files: ['s2'] })
    job.acknowledge(1, 'b0')
    job.stored(1)
    job.bench.report('a0', 'FINISHED')
    job.pass(1_000)
    job.acknowledge(2, 'b0')
    assert.ok(checkpointsIn(job.stored(2)).includes('delete chk-1/_metadata'))
    job.acknowledge(3, 'b0')
    const [segment] = job.toStore(3).vertices[0]?.subtasks[0]?.operators[0]?.keyed?.segments ?? []
    assert.equal(segment?.name, 's1')
  })

  test('those of an aborted checkpoint are deleted when the attempt is over', () => {
    const job = twoTasks()
    job.take(1, ['s1'])
    job.pass(1_000)
    job.acknowledge(2, 'a0', { files: ['s1', 's2'] })
    job.bench.fail('b0')
    assert.ok(checkpointsIn(job.bench.report('a0', 'CANCELED')).includes('delete s2'))
  })

  test('those of a late acknowledgement of an attempt that is over are deleted', () => {
    const job = twoTasks()
    job.pass(1_000)
    const { jobId, attemptId } = job.bench.deployment('a0')
    job.bench.loseSlotOf('a0', 'b0')
    job.bench.offer('tm-9', 'tm-9')
    job.runAll()
    job.take(2)
    const report = {
      kind: 'acknowledge-checkpoint' as const,
      ...{ jobId, attemptId, checkpointId: 1, metrics: metricsOfTest },
      snapshot: snapshotOf('a0', { files: [`${attemptId}/1-late`] }),
    }
    assert.equal(job.bench.scheduler.checkpoints?.onReport(report, 0), 'unknown')
    const before = job.bench.commands.length
    job.take(3)
    const deleted = job.bench.commands
      .slice(before)
      .filter((command) => command.kind === 'delete-files-of-attempt')
    assert.deepEqual(
      deleted.map((each) => [each.attemptId, each.keptNames.size]),
      [[attemptId, 0]],
    )
  })
})

describe('a checkpoint that was given up while it was written', () => {
  test('keeps its files until a newer one is remembered; its metadata goes before them', () => {
    const job = twoTasks()
    job.take(1, ['s1'])
    job.pass(1_000)
    job.acknowledgeAll(2, ['s1', 's2'])
    job.bench.fail('b0')
    assert.deepEqual(deletedIn(job.bench.report('a0', 'CANCELED')), [])
    assert.deepEqual(deletedIn(job.notStored(2)), [])
    job.offerSlots()
    job.runAll()
    job.pass(1_000)
    job.acknowledgeAll(3, ['s1', 's3'])
    assert.deepEqual(deletedIn(job.stored(3)), ['delete chk-2/_metadata s2'])
  })

  test('of two each keeps its own, and an older one that is stored after all deletes neither', () => {
    const job = twoTasks({ options: { maxConcurrentCheckpoints: 3 } })
    for (const _ of [1, 2, 3]) job.pass(1_000)
    job.acknowledgeAll(1, ['s1'])
    job.acknowledgeAll(2, ['s1', 's2'])
    job.acknowledgeAll(3, ['s1', 's3'])
    job.bench.fail('b0')
    job.bench.report('a0', 'CANCELED')
    job.notStored(2)
    job.notStored(3)
    assert.deepEqual(deletedIn(job.stored(1)), [])
    job.offerSlots()
    job.runAll()
    job.pass(1_000)
    job.acknowledgeAll(4, ['s4'])
    const deleted = ['delete chk-2/_metadata s2 chk-3/_metadata s3']
    assert.deepEqual(deletedIn(job.stored(4)), deleted)
  })

  test('by an earlier JobManager keeps its files too', () => {
    const earlier = twoTasks()
    earlier.take(1, ['s1'])
    const restored = {
      completed: [earlier.toStore(1)],
      nextCheckpointId: 3,
      abandoned: [{ checkpointId: 2, names: ['s1', 's2'] }],
    }
    const job = twoTasks({ restored, options: { numRetained: 1 } })
    assert.deepEqual(job.bench.scheduler.checkpoints?.latest?.checkpointId, 1)
    job.pass(1_000)
    job.acknowledgeAll(3, ['s3'])
    const deleted = ['delete chk-2/_metadata s2 chk-1/_metadata s1']
    assert.deepEqual(deletedIn(job.stored(3)), deleted)
  })
})

function deletedIn(commands: readonly JobSchedulerCommand[]): readonly string[] {
  return checkpointsIn(commands).filter((each) => each.startsWith('delete '))
}

test('one that becomes complete when the job is over already is retained too', () => {
  const job = twoTasks({ options: { numRetained: 1 } })
  job.take(1, ['s1'])
  job.pass(1_000)
  job.acknowledgeAll(2, ['s2'])
  job.bench.handle({ kind: 'cancel-requested' })
  for (const task of job.tasks) job.bench.report(task, 'CANCELED')
  assert.equal(job.bench.scheduler.status, 'CANCELED')
  job.stored(2)
  const { checkpoints } = job.bench.scheduler
  assert.deepEqual(
    checkpoints?.retained.map(({ checkpointId }) => checkpointId),
    [2],
  )
})
