import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorInfo, type JobStatus, MillraceError } from '@millrace/core'
import type { FailureRecord } from '@millrace/rpc'
import { FailureNews } from './failure-news.ts'

const job = (
  failures: readonly FailureRecord[],
  status: JobStatus = 'RUNNING',
): { readonly status: JobStatus; readonly failures: readonly FailureRecord[] } => ({
  status,
  failures,
})

const failure = errorInfo(new MillraceError('USER_FUNCTION_FAILED', 'no table'))

const failureAt = (atMs: number): FailureRecord => ({
  atMs,
  taskName: 'map (1/1)',
  taskManagerId: undefined,
  failure,
  recoveredAfterMs: undefined,
})

test('a failure is told once, also when it has been recovered from since', () => {
  const news = new FailureNews()
  assert.equal(news.take(job([failureAt(1)])).length, 1)
  assert.deepEqual(news.take(job([{ ...failureAt(1), recoveredAfterMs: 5 }])), [])
  assert.deepEqual(news.take(job([failureAt(1), failureAt(2)])), [failureAt(2)])
})

test('failures are told although the history keeps its length', () => {
  const news = new FailureNews()
  news.take(job([failureAt(1), failureAt(2), failureAt(3)]))
  assert.deepEqual(news.take(job([failureAt(2), failureAt(3), failureAt(4)])), [failureAt(4)])
})

test('a cause that takes the place of a failure is told', () => {
  const news = new FailureNews()
  news.take(job([failureAt(1)]))
  const cause = errorInfo(new MillraceError('TASK_MANAGER_LOST', 'gone'))
  assert.equal(news.take(job([{ ...failureAt(1), failure: cause }])).length, 1)
})

const lost = errorInfo(new MillraceError('CONNECTION_LOST', 'cut'))
const gone = errorInfo(new MillraceError('TASK_MANAGER_LOST', 'gone'))

test('a lost connection is told only by its cause, if that takes its place', () => {
  const news = new FailureNews()
  const connection = { ...failureAt(1), failure: lost }
  assert.deepEqual(news.take(job([connection], 'RESTARTING')), [])
  const cause = { ...failureAt(1), failure: gone }
  assert.deepEqual(news.take(job([cause], 'RESTARTING')), [cause])
  assert.deepEqual(news.take(job([cause], 'RUNNING')), [])
})

test('a lost connection that nothing explains is told when the tasks start again', () => {
  const news = new FailureNews()
  const connection = { ...failureAt(1), failure: lost }
  assert.deepEqual(news.take(job([connection], 'RESTARTING')), [])
  assert.deepEqual(news.take(job([connection], 'RUNNING')), [connection])
  const next = { ...failureAt(2), failure: lost }
  assert.deepEqual(news.take(job([connection, next], 'RESTARTING')), [])
  assert.deepEqual(news.take(job([connection, next], 'FAILED')), [next])
})
