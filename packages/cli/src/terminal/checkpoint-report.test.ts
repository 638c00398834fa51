import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckpointStatistics } from '@millrace/rpc'
import { describeCheckpoints } from './checkpoint-report.ts'
import { formatTime } from './format.ts'

const nothingYet: CheckpointStatistics = {
  completedCount: 0,
  failedCount: 0,
  latestCompleted: undefined,
  latestFailed: undefined,
  latestRestored: undefined,
  pending: [],
}

test('a job without a checkpoint so far has one line', () => {
  const told = describeCheckpoints(nothingYet)
  assert.equal(told, 'checkpoints: 0 completed, 0 failed, 0 under way')
})

test('what completed, was restored and failed last is told with numbers and places', () => {
  const atMs = 1_700_000_000_000
  const told = describeCheckpoints({
    ...nothingYet,
    completedCount: 6,
    failedCount: 1,
    latestCompleted: {
      ...{ checkpointId: 7, triggeredAtMs: atMs, durationMs: 80 },
      ...{ writtenBytes: 2_048, totalBytes: 21_300, persistedBytes: 1_024 },
      location: '/c/chk-7/_metadata',
    },
    latestRestored: { checkpointId: 3, restoredAtMs: atMs },
    latestFailed: {
      ...{ checkpointId: 5, triggeredAtMs: atMs, failedAtMs: atMs },
      failure: {
        ...{ code: 'CHECKPOINT_EXPIRED', message: 'It took too long.', stack: '', details: {} },
        ...{ disposition: 'retry', blame: 'external' },
      },
    },
  })
  assert.deepEqual(told.split('\n'), [
    'checkpoints: 6 completed, 1 failed, 0 under way',
    `  completed  7, begun ${formatTime(atMs)}, in 80 ms: 20.8 kB, 2 kB of it new, ` +
      '1 kB records on their way',
    '             /c/chk-7/_metadata',
    `  restored   3 at ${formatTime(atMs)}`,
    `  failed     5 at ${formatTime(atMs)}, CHECKPOINT_EXPIRED:`,
    '             It took too long.',
  ])
})

test('tasks that a checkpoint waits for are told by phase, however many there are', () => {
  const counters = Array.from({ length: 5 }, (_, index) => `count (${index + 1}/5)`)
  const told = describeCheckpoints({
    ...nothingYet,
    pending: [
      {
        ...{ checkpointId: 8, triggeredAtMs: 0, acknowledgedCount: 2, taskCount: 8 },
        waitingFor: [
          ...counters.map((taskName) => ({ taskName, phase: 'align' as const })),
          { taskName: 'files (1/1)', phase: 'write' },
        ],
      },
    ],
  })
  assert.deepEqual(told.split('\n'), [
    'checkpoints: 0 completed, 0 failed, 1 under way',
    '  under way  8, acknowledged by 2 of 8 tasks',
    '             align: count (1/5), count (2/5), count (3/5) and 2 others',
    '             write: files (1/1)',
  ])
})
