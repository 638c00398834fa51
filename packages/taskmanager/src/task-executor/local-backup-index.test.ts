import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointMetrics, ExecutionAttemptId, JobId, OperatorId } from '@millrace/core'
import { LocalBackupIndex } from './local-backup-index.ts'

const job = JobId.parse('1'.repeat(32))
const otherJob = JobId.parse('2'.repeat(32))
const attempt = ExecutionAttemptId.parse('attempt')
const other = ExecutionAttemptId.parse('other')
const metrics = {} as CheckpointMetrics

const segment = (attemptId: string, checkpointId: number): string =>
  `${attemptId}/${checkpointId}-${String(checkpointId).repeat(64).slice(0, 64)}`

function acknowledge(
  index: LocalBackupIndex,
  { jobId = job, attemptId = attempt, checkpointId = 1 },
  names: readonly string[],
): void {
  const segments = names.map((name) => ({
    name,
    sizeBytes: 1,
    checkpointId,
    replaces: { start: 0, end: 0 },
    recordCount: 1,
  }))
  const keyed = { keyGroups: { start: 0, end: 1 }, segments }
  const operators = [{ operatorId: OperatorId.parse('o'), keyed, operator: undefined }]
  const snapshot = { operators, channels: [], isFinished: false }
  const kind = 'acknowledge-checkpoint'
  index.onReport({ kind, jobId, attemptId, checkpointId, snapshot, metrics })
}

function complete(index: LocalBackupIndex, checkpointId: number, attemptIds = [attempt]) {
  return index.onCommand({ kind: 'notify-checkpoint-complete', attemptIds, checkpointId })
}

function started(): LocalBackupIndex {
  const index = new LocalBackupIndex()
  index.add(job)
  return index
}

test('what the newest completed checkpoint names is needed, and what came after it', () => {
  const index = started()
  const [first, second, third] = [1, 2, 3].map((id) => segment('attempt', id)) as [
    string,
    string,
    string,
  ]
  acknowledge(index, { checkpointId: 1 }, [first])
  assert.equal(complete(index, 1), job)
  acknowledge(index, { checkpointId: 2 }, [first, second])
  assert.equal(complete(index, 2), job)
  assert.deepEqual(
    [first, second, third].map((name) => index.isNeeded(job, name)),
    [true, true, true],
  )
  acknowledge(index, { checkpointId: 3 }, [second, third])
  assert.equal(index.isNeeded(job, first), true, 'checkpoint 3 is not complete')
  complete(index, 3)
  assert.deepEqual(
    [first, second, third].map((name) => index.isNeeded(job, name)),
    [false, true, true],
  )
})

test('an attempt that is over keeps what was completed until its successor completes more', () => {
  const index = started()
  acknowledge(index, { checkpointId: 1 }, [segment('attempt', 1)])
  // The task has failed meanwhile: only another one is told.
  acknowledge(index, { attemptId: other, checkpointId: 1 }, [segment('other', 1)])
  complete(index, 1, [other])
  assert.equal(index.isNeeded(job, segment('attempt', 1)), true)
  acknowledge(index, { attemptId: other, checkpointId: 2 }, [segment('other', 2)])
  complete(index, 2, [other])
  assert.equal(index.isNeeded(job, segment('attempt', 1)), false)
})

test('what an aborted checkpoint wrote is needed until one that does not name it completes', () => {
  const index = started()
  const attemptIds = [attempt]
  acknowledge(index, { checkpointId: 1 }, [segment('attempt', 1)])
  index.onCommand({ kind: 'notify-checkpoint-aborted', attemptIds, checkpointId: 1 })
  assert.equal(complete(index, 1), undefined, 'it was given up')
  assert.equal(index.isNeeded(job, segment('attempt', 1)), true)
  acknowledge(index, { checkpointId: 2 }, [segment('attempt', 1), segment('attempt', 2)])
  complete(index, 2)
  assert.equal(index.isNeeded(job, segment('attempt', 1)), true)
  acknowledge(index, { checkpointId: 3 }, [segment('attempt', 3)])
  complete(index, 3)
  assert.equal(index.isNeeded(job, segment('attempt', 1)), false)
})

test('jobs with checkpoints of the same ids are told apart', () => {
  const index = started()
  index.add(otherJob)
  acknowledge(index, { checkpointId: 1 }, [segment('attempt', 1)])
  acknowledge(index, { jobId: otherJob, attemptId: other, checkpointId: 1 }, [segment('other', 1)])
  assert.equal(complete(index, 1, [other]), otherJob)
  assert.equal(index.isNeeded(job, segment('attempt', 1)), true)
})

test('nothing is needed of a job that is over, nor what is no state file', () => {
  const index = started()
  assert.equal(index.isNeeded(job, 'attempt/1-short'), false)
  assert.equal(index.isNeeded(job, segment('attempt', 1)), true)
  index.remove(job)
  assert.equal(index.isNeeded(job, segment('attempt', 1)), false)
})
