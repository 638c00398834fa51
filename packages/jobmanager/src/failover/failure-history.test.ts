import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, errorInfo, MillraceError, TaskManagerId } from '@millrace/core'
import { FailureHistory } from './failure-history.ts'

const taskManagerId = TaskManagerId.parse('tm-1')

class Recorded {
  readonly history = new FailureHistory()
  #atMs = 0

  record(code: ErrorCode, how: 'record' | 'explain' = 'record'): void {
    const failure = errorInfo(new MillraceError(code, `${code} of the test`))
    this.history[how](this.#next(), failure, { taskName: `task of ${code}`, taskManagerId })
  }

  recover(): void {
    this.history.recordRecovery(this.#next())
  }

  get short(): readonly string[] {
    return this.history.records().map(({ atMs, failure }) => `${atMs} ${failure.code}`)
  }

  #next(): { readonly nowMs: number; readonly monotonicMs: number } {
    this.#atMs += 100
    return { nowMs: this.#atMs, monotonicMs: this.#atMs }
  }
}

test('a cause takes the place and the time of the lost connections it explains', () => {
  const recorded = new Recorded()
  recorded.record('CONNECTION_LOST')
  recorded.record('PARTITION_NOT_FOUND')
  recorded.record('TASK_MANAGER_LOST', 'explain')
  assert.deepEqual(recorded.short, ['100 TASK_MANAGER_LOST'])
  assert.equal(recorded.history.records()[0]?.taskName, 'task of TASK_MANAGER_LOST')
  recorded.recover()
  assert.equal(recorded.history.records()[0]?.recoveredAfterMs, 300, 'since the first sign')
})

test('a cause leaves failures of their own and those that are over as they are', () => {
  const recorded = new Recorded()
  recorded.record('CONNECTION_LOST')
  recorded.recover()
  recorded.record('USER_FUNCTION_FAILED')
  recorded.record('CONNECTION_LOST')
  recorded.record('SLOT_OUT_OF_MEMORY', 'explain')
  assert.deepEqual(recorded.short, [
    '100 CONNECTION_LOST',
    '300 USER_FUNCTION_FAILED',
    '400 SLOT_OUT_OF_MEMORY',
  ])
})

test('the history holds the last sixteen failures', () => {
  const recorded = new Recorded()
  for (let i = 0; i < 20; i++) recorded.record('USER_FUNCTION_FAILED')
  assert.equal(recorded.short.length, 16)
  assert.equal(recorded.short[0], '500 USER_FUNCTION_FAILED')
})
