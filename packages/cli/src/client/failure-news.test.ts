import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorInfo, MillraceError } from '@millrace/core'
import type { FailureRecord } from '@millrace/rpc'
import { FailureNews } from './failure-news.ts'

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
  assert.equal(news.take([failureAt(1)]).length, 1)
  assert.deepEqual(news.take([{ ...failureAt(1), recoveredAfterMs: 5 }]), [])
  assert.deepEqual(news.take([failureAt(1), failureAt(2)]), [failureAt(2)])
})

test('failures are told although the history keeps its length', () => {
  const news = new FailureNews()
  news.take([failureAt(1), failureAt(2), failureAt(3)])
  assert.deepEqual(news.take([failureAt(2), failureAt(3), failureAt(4)]), [failureAt(4)])
})

test('a cause that takes the place of a failure is told', () => {
  const news = new FailureNews()
  news.take([failureAt(1)])
  const cause = errorInfo(new MillraceError('TASK_MANAGER_LOST', 'gone'))
  assert.equal(news.take([{ ...failureAt(1), failure: cause }]).length, 1)
})
