import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OperatorId } from '@millrace/core'
import { failure, short } from '../../scheduler/job-scheduler-test-support.ts'
import {
  checkpointsIn,
  metricsOfTest,
  snapshotOf,
  twoRegions,
  twoTasks,
} from './checkpoint-bench-test-support.ts'

describe('taking checkpoints', () => {
  test('is triggered an interval after all tasks run, acknowledged, stored, then notified', () => {
    const job = twoTasks()
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 1'])
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'a0')), [])
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'b0')), ['store-checkpoint 1'])
    assert.deepEqual(checkpointsIn(job.stored(1)), ['notify-checkpoint-complete 1'])
  })

  test('is not triggered before the interval is over, nor while a task does not run', () => {
    const job = twoTasks()
    assert.deepEqual(checkpointsIn(job.pass(999)), [])
    job.bench.fail('a0')
    assert.deepEqual(checkpointsIn(job.pass(5_000)), [])
  })

  test('coordinators are snapshotted before any task is triggered', () => {
    const job = twoTasks({ coordinated: ['a'] })
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['snapshot-coordinators 1'])
    const bytes = Uint8Array.of(7)
    const coordinator = {
      operatorId: OperatorId.parse('a-operator'),
      blob: { kind: 'inline' as const, bytes },
    }
    const answered = job.bench.handle({
      kind: 'coordinators-snapshotted',
      checkpointId: 1,
      coordinators: [coordinator],
    })
    assert.deepEqual(checkpointsIn(answered), ['trigger-checkpoint 1'])
    job.acknowledgeAll(1)
    assert.deepEqual(job.toStore(1).coordinators, [coordinator])
  })

  test('the next waits for room, and then for the interval since the last trigger', () => {
    const job = twoTasks()
    job.pass(1_000)
    assert.deepEqual(checkpointsIn(job.pass(5_000)), [])
    job.acknowledgeAll(1)
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'trigger-checkpoint 2',
    ])
  })

  test('the next waits for the least pause after the end of the one before', () => {
    const job = twoTasks({ options: { minPauseMs: 3_000 } })
    job.pass(1_000)
    job.bench.nowMs += 1_500
    job.acknowledgeAll(1)
    job.stored(1)
    assert.deepEqual(checkpointsIn(job.pass(2_999)), [])
    assert.deepEqual(checkpointsIn(job.pass(1)), ['trigger-checkpoint 2'])
  })

  test('one that is asked for is triggered whatever the interval and the pause say', () => {
    const job = twoTasks({ options: { minPauseMs: 3_000 } })
    const { checkpoints } = job.bench.scheduler
    assert.equal(checkpoints?.requestNow(), 1)
    assert.equal(checkpoints.outcomeOf(1), 'awaited')
    assert.deepEqual(checkpointsIn(job.pass(1)), ['trigger-checkpoint 1'])
    assert.equal(checkpoints.requestNow(), 2)
    job.acknowledgeAll(1)
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'trigger-checkpoint 2',
    ])
    assert.equal(checkpoints.outcomeOf(1), 'completed')
    assert.equal(checkpoints.outcomeOf(2), 'awaited')
    assert.deepEqual(checkpointsIn(job.pass(2_000)), [])
  })

  test('one that is asked for comes to nothing when a task fails', () => {
    const job = twoTasks({ options: { intervalMs: 60_000 } })
    const { checkpoints } = job.bench.scheduler
    const firstId = checkpoints?.requestNow() ?? 0
    job.bench.fail('a0')
    assert.equal(checkpoints?.outcomeOf(firstId), 'failed')
  })

  test('what is late, doubled or foreign is answered as such', () => {
    const job = twoTasks()
    job.pass(1_000)
    const { checkpoints } = job.bench.scheduler
    const { jobId, attemptId } = job.bench.deployment('a0')
    const answers = (['acknowledge-checkpoint', 'decline-checkpoint'] as const).flatMap((kind) =>
      [1, 1, 9].map((checkpointId) => {
        const common = { kind, jobId, attemptId, checkpointId }
        return checkpoints?.onReport(
          kind === 'acknowledge-checkpoint'
            ? { ...common, kind, snapshot: snapshotOf('a0'), metrics: metricsOfTest }
            : { ...common, kind, failure: failure('FILE_WRITE_FAILED') },
          0,
        )
      }),
    )
    assert.deepEqual(answers, [
      'accepted',
      'duplicate',
      'unknown',
      'duplicate',
      'duplicate',
      'discarded',
    ])
  })

  test('late, doubled and foreign acknowledgements change nothing', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.acknowledge(1, 'a0')
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'a0')), [], 'twice')
    assert.deepEqual(checkpointsIn(job.acknowledge(9, 'b0')), [], 'of one never triggered')
    job.acknowledge(1, 'b0')
    job.stored(1)
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'b0')), [], 'of one that is complete')
    assert.equal(job.bench.scheduler.checkpoints?.latest?.checkpointId, 1)
  })
})

describe('a checkpoint that fails', () => {
  test('an expired one is given up, names the late tasks and their phase; the job goes on', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.acknowledge(1, 'a0')
    const { jobId, attemptId } = job.bench.deployment('b0')
    job.bench.handle({
      kind: 'checkpoint-report',
      report: { kind: 'checkpoint-phase', jobId, attemptId, checkpointId: 1, phase: 'align' },
    })
    const expired = job.pass(10_000, 'checkpoint-timeout-1')
    const failed = expired.find((command) => command.kind === 'checkpoint-failed')
    assert.equal(failed?.failure.code, 'CHECKPOINT_EXPIRED')
    assert.match(failed?.failure.message ?? '', /1 of 2 tasks .*\(b \(1\/1\): align\)/)
    assert.deepEqual(checkpointsIn(expired), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_EXPIRED 1',
      'trigger-checkpoint 2',
    ])
    assert.equal(job.bench.scheduler.status, 'RUNNING')
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'b0')), [], 'a late acknowledgement')
  })

  test('a declined one is given up, and its id is not used again', () => {
    const job = twoTasks()
    job.pass(1_000)
    assert.deepEqual(checkpointsIn(job.decline(1, 'b0')), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_DECLINED 1',
    ])
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 2'])
  })

  test('more in a row than are tolerable restart the job; one that completes starts over', () => {
    const job = twoTasks({ options: { tolerableFailedCheckpoints: 1 } })
    job.pass(1_000)
    job.decline(1, 'a0')
    job.take(2)
    job.pass(1_000)
    job.decline(3, 'a0')
    job.pass(1_000)
    assert.equal(job.bench.scheduler.status, 'RUNNING')
    const commands = job.decline(4, 'b0')
    assert.equal(job.bench.scheduler.status, 'RESTARTING')
    const recorded = commands.find((command) => command.kind === 'failure-recorded')
    assert.equal(recorded?.failure.code, 'CHECKPOINT_FAILURES_EXCEEDED')
  })

  test('metadata that could not be written fails it; what is restored is the one before', () => {
    const job = twoTasks()
    job.take(1)
    job.pass(1_000)
    job.acknowledgeAll(2)
    assert.deepEqual(checkpointsIn(job.notStored(2)), [
      'notify-checkpoint-aborted 2',
      'CHECKPOINT_FAILED 2',
    ])
    assert.equal(job.bench.scheduler.checkpoints?.latest?.checkpointId, 1)
  })
})

describe('two in flight', () => {
  test('both are triggered, and complete one after the other', () => {
    const job = twoTasks({ options: { maxConcurrentCheckpoints: 2 } })
    job.pass(1_000)
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 2'])
    assert.deepEqual(checkpointsIn(job.pass(1_000)), [])
    assert.deepEqual(checkpointsIn(job.acknowledgeAll(1)), ['store-checkpoint 1'])
    assert.deepEqual(checkpointsIn(job.acknowledgeAll(2)), ['store-checkpoint 2'])
    assert.deepEqual(checkpointsIn(job.stored(1)).slice(0, 1), ['notify-checkpoint-complete 1'])
    assert.deepEqual(checkpointsIn(job.stored(2)).slice(0, 1), ['notify-checkpoint-complete 2'])
  })

  test('the later one that has all its acknowledgements gives up the earlier that has not', () => {
    const job = twoTasks({ options: { maxConcurrentCheckpoints: 2 } })
    job.pass(1_000)
    job.pass(1_000)
    job.acknowledge(1, 'a0')
    assert.deepEqual(checkpointsIn(job.acknowledgeAll(2)), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_ABORTED 1',
      'store-checkpoint 2',
    ])
    assert.deepEqual(checkpointsIn(job.acknowledge(1, 'b0')), [])
  })
})

describe('an interval that is chosen', () => {
  test('follows what checkpoints take, and the goal', () => {
    const job = twoTasks({ options: { intervalMs: 'auto', maxReplayMs: 3_000 } })
    assert.deepEqual(checkpointsIn(job.pass(999)), [])
    assert.deepEqual(checkpointsIn(job.pass(1)), ['trigger-checkpoint 1'])
    job.bench.nowMs += 1_000
    job.acknowledgeAll(1)
    const changed = job.stored(1).find(({ kind }) => kind === 'checkpoint-interval-changed')
    assert.ok(changed?.kind === 'checkpoint-interval-changed')
    assert.deepEqual([changed.fromMs, changed.toMs], [1_000, 1_800])
    assert.deepEqual(checkpointsIn(job.pass(799)), [])
    assert.deepEqual(checkpointsIn(job.pass(1)), ['trigger-checkpoint 2'])
  })
})

describe('the end of input', () => {
  test('a final checkpoint is triggered at once when the last task is at its end', () => {
    const job = twoTasks({ options: { minPauseMs: 60_000 } })
    assert.deepEqual(checkpointsIn(job.endOfData('a0')), [])
    assert.deepEqual(checkpointsIn(job.endOfData('b0')), ['trigger-checkpoint 1'])
    for (const task of job.tasks) job.acknowledge(1, task, { isFinished: true })
    assert.deepEqual(checkpointsIn(job.stored(1)), ['notify-checkpoint-complete 1'])
    job.bench.report('a0', 'FINISHED')
    job.bench.report('b0', 'FINISHED')
    assert.equal(job.bench.scheduler.status, 'FINISHED')
  })

  test('one that fails is tried again after a delay', () => {
    const job = twoTasks({ options: { intervalMs: 60_000 } })
    job.endOfData('a0', 'b0')
    assert.deepEqual(checkpointsIn(job.decline(1, 'a0')), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_DECLINED 1',
    ])
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 2'])
  })

  test('checkpoints go on after some tasks finished, with what those had', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.endOfData('a0')
    job.acknowledge(1, 'a0', { isFinished: true, files: ['a0/last'] })
    job.acknowledge(1, 'b0')
    job.stored(1)
    job.bench.report('a0', 'FINISHED')
    const triggered = job.pass(1_000)
    const command = triggered.find(({ kind }) => kind === 'trigger-checkpoint')
    assert.ok(command?.kind === 'trigger-checkpoint')
    assert.deepEqual(
      command.targets.flatMap(({ attemptIds }) => attemptIds),
      [job.bench.deployment('b0').attemptId],
    )
    job.acknowledge(2, 'b0')
    const [a] = job.toStore(2).vertices
    assert.deepEqual(a?.subtasks[0], job.toStore(1).vertices[0]?.subtasks[0])
    assert.equal(a?.subtasks[0]?.isFinished, true)
  })

  test('a task that finishes while a later checkpoint waits for it takes part in that one', () => {
    const job = twoTasks({ options: { maxConcurrentCheckpoints: 2 } })
    job.pass(1_000)
    job.pass(1_000)
    job.acknowledge(1, 'a0', { isFinished: true })
    job.acknowledge(1, 'b0')
    job.acknowledge(2, 'b0')
    job.stored(1)
    assert.deepEqual(checkpointsIn(job.bench.report('a0', 'FINISHED')), ['store-checkpoint 2'])
    assert.equal(job.toStore(2).vertices[0]?.subtasks[0]?.isFinished, true)
  })
})

describe('failures of the job', () => {
  test('before the first checkpoint: it starts from nothing', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.acknowledge(1, 'a0')
    assert.deepEqual(checkpointsIn(job.bench.fail('b0')), [
      'notify-checkpoint-aborted 1',
      'CHECKPOINT_ABORTED 1',
    ])
    job.bench.report('a0', 'CANCELED')
    job.offerSlots()
    assert.equal(job.bench.deployment('a0').attemptNumber, 1)
    assert.equal(job.bench.deployment('a0').restore, undefined)
  })

  test('between the last acknowledgement and _metadata: waits, and restores what was written', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.acknowledgeAll(1)
    job.bench.fail('b0')
    assert.deepEqual(short(job.bench.report('a0', 'CANCELED')), [], 'no slot is given back yet')
    assert.deepEqual(checkpointsIn(job.stored(1)), [
      'notify-checkpoint-complete 1',
      'checkpoint-restored 1',
    ])
    job.offerSlots()
    assert.equal(job.bench.deployment('b0').restore?.checkpointId, 1)
    assert.deepEqual(
      job.bench.deployment('b0').restore?.operators.map(({ keyed }) => keyed[0]?.segments[0]?.name),
      ['b0/state'],
    )
  })

  test('between the last acknowledgement and _metadata that fails: restores the one before', () => {
    const job = twoTasks()
    job.take(1)
    job.pass(1_000)
    job.acknowledgeAll(2)
    job.bench.fail('b0')
    job.bench.report('a0', 'CANCELED')
    job.notStored(2)
    job.offerSlots()
    assert.equal(job.bench.deployment('b0').restore?.checkpointId, 1)
  })

  test('the wait for _metadata is bounded: then it is given up, and the one before restored', () => {
    const job = twoTasks()
    job.take(1)
    job.pass(1_000)
    job.acknowledgeAll(2)
    job.bench.fail('b0')
    job.bench.report('a0', 'CANCELED')
    assert.deepEqual(checkpointsIn(job.pass(10_000, 'checkpoint-store')), ['give-up-storing 2'])
    assert.deepEqual(short(job.bench.commands.slice(-1)), [], 'nothing is restored yet')
    const givenUp = job.bench.commands.findLast(({ kind }) => kind === 'give-up-storing')
    assert.ok(givenUp?.kind === 'give-up-storing')
    assert.match(givenUp.failure.message, /^its metadata was not written within 10000 ms after/)
    job.notStored(2)
    job.offerSlots()
    assert.equal(job.bench.deployment('b0').restore?.checkpointId, 1)
    assert.equal(job.bench.scheduler.checkpoints?.latest?.checkpointId, 1)
  })

  test('one that is just being remembered when the wait is over is restored all the same', () => {
    const job = twoTasks()
    job.take(1)
    job.pass(1_000)
    job.acknowledgeAll(2)
    job.bench.fail('b0')
    job.bench.report('a0', 'CANCELED')
    job.pass(10_000, 'checkpoint-store')
    job.stored(2)
    job.offerSlots()
    assert.equal(job.bench.deployment('b0').restore?.checkpointId, 2)
  })

  test('between _metadata and notification: the attempts that failed are not told, and restore it', () => {
    const job = twoTasks()
    job.pass(1_000)
    job.acknowledgeAll(1)
    job.bench.fail('b0')
    const stored = job.stored(1)
    const told = stored.find(({ kind }) => kind === 'notify-checkpoint-complete')
    assert.ok(told?.kind === 'notify-checkpoint-complete')
    assert.deepEqual(told.targets, [])
    job.bench.report('a0', 'CANCELED')
    job.offerSlots()
    assert.equal(job.bench.deployment('a0').restore?.checkpointId, 1)
  })

  test('one region restarts from the checkpoint, the other goes on', () => {
    const job = twoRegions()
    job.take(1)
    job.bench.fail('a0')
    job.bench.report('b0', 'CANCELED')
    job.offerSlots()
    assert.equal(job.bench.deployment('a0').restore?.checkpointId, 1)
    assert.equal(job.bench.deployment('a1').attemptNumber, 0)
    job.runAll('a0', 'b0')
    assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 2'])
  })

  test('coordinators begin with what the checkpoint has of them', () => {
    const job = twoTasks({ coordinated: ['a'] })
    job.pass(1_000)
    const operatorId = OperatorId.parse('a-operator')
    const blob = { kind: 'inline' as const, bytes: Uint8Array.of(1, 2) }
    const coordinators = [{ operatorId, blob }]
    job.bench.handle({ kind: 'coordinators-snapshotted', checkpointId: 1, coordinators })
    job.acknowledgeAll(1)
    job.stored(1)
    job.bench.fail('b0')
    const canceled = job.bench.report('a0', 'CANCELED')
    const failed = canceled.find((each) => each.kind === 'notify-job-host')?.command
    assert.equal(failed?.kind === 'reader-failed' && failed.restoredCheckpointId, 1)
    job.offerSlots()
    const started = job.bench.commands.findLast(
      (each) => each.kind === 'notify-job-host' && each.command.kind === 'start-coordinators',
    )
    assert.ok(started?.kind === 'notify-job-host' && started.command.kind === 'start-coordinators')
    assert.deepEqual(started.command.restored, [{ operatorId, state: blob.bytes }])
  })
})

test('a job that an earlier JobManager left goes on from its latest checkpoint, with higher ids', () => {
  const earlier = twoTasks()
  earlier.take(1)
  const job = twoTasks({ restored: { completed: [earlier.toStore(1)], nextCheckpointId: 7 } })
  assert.equal(job.bench.deployment('a0').restore?.checkpointId, 1)
  assert.deepEqual(checkpointsIn(job.pass(1_000)), ['trigger-checkpoint 7'])
})
