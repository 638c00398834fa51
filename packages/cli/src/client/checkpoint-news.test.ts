import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorInfo, MillraceError } from '@millrace/core'
import type { CheckpointStatistics, FailedCheckpointDetails } from '@millrace/rpc'
import { CheckpointNews } from './checkpoint-news.ts'

const none: CheckpointStatistics = {
  completedCount: 0,
  failedCount: 0,
  latestCompleted: undefined,
  latestFailed: undefined,
  latestRestored: undefined,
  pending: [],
}

function failed(checkpointId: number, code: ErrorCode): FailedCheckpointDetails {
  const failure = errorInfo(new MillraceError(code, 'the disk is full'))
  return { checkpointId, triggeredAtMs: 1, failedAtMs: 2, failure }
}

test('a checkpoint that failed is told once, and so is the next one', () => {
  const news = new CheckpointNews()
  assert.deepEqual(news.take(undefined), { failed: undefined, restored: undefined })
  const first = { ...none, latestFailed: failed(1, 'CHECKPOINT_DECLINED') }
  assert.equal(news.take(first).failed, first.latestFailed)
  assert.equal(news.take({ ...first, completedCount: 1 }).failed, undefined)
  const second = { ...none, latestFailed: failed(2, 'CHECKPOINT_EXPIRED') }
  assert.equal(news.take(second).failed, second.latestFailed)
})

test('a checkpoint that was aborted because tasks failed is no news', () => {
  const news = new CheckpointNews()
  const aborted = { ...none, latestFailed: failed(1, 'CHECKPOINT_ABORTED') }
  assert.equal(news.take(aborted).failed, undefined)
})

test('each restore is told, also a second one from the same checkpoint', () => {
  const news = new CheckpointNews()
  const restored = (restoredAtMs: number): CheckpointStatistics => {
    return { ...none, latestRestored: { checkpointId: 3, restoredAtMs } }
  }
  assert.equal(news.take(none).restored, undefined)
  assert.equal(news.take(restored(5)).restored?.checkpointId, 3)
  assert.equal(news.take(restored(5)).restored, undefined)
  assert.equal(news.take(restored(6)).restored?.checkpointId, 3)
})
