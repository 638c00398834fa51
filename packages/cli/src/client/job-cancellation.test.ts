import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, type JobStatus, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails, JobOverview } from '@millrace/rpc'
import { cancelJob } from './job-cancellation.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const notFound = new MillraceError('JOB_NOT_FOUND', 'not there, or not yet')

type Gateway = Pick<DispatcherGateway, 'listJobs' | 'requestJob' | 'cancelJob'>

/** A dispatcher with one job, in these states one after the other once it was canceled. */
function dispatcherWith(
  first: JobStatus,
  then: readonly JobStatus[],
  options: { readonly isRecovering: boolean } = { isRecovering: false },
): Gateway & { readonly calls: string[] } {
  const calls: string[] = []
  const ahead = [...then]
  let status: JobStatus | undefined = first
  return {
    calls,
    listJobs: async () => {
      if (status === undefined) return []
      return [{ jobId, status, name: options.isRecovering ? '' : 'totals' } as JobOverview]
    },
    requestJob: async () => {
      const shown = status
      if (calls.length > 0) status = ahead.shift() ?? (options.isRecovering ? undefined : status)
      if (options.isRecovering || shown === undefined) throw notFound
      return { jobId, status: shown, name: 'totals' } as JobDetails
    },
    cancelJob: async () => {
      if (status === undefined) throw notFound
      calls.push('cancel')
      status = ahead.shift() ?? status
    },
  }
}

test('a job is canceled, and its end is waited for', async () => {
  const dispatcher = dispatcherWith('RUNNING', ['CANCELLING', 'CANCELLING', 'CANCELED'])
  const cancellation = await cancelJob(dispatcher, jobId, { isDetached: false })
  assert.deepEqual(cancellation, { status: 'CANCELED', name: 'totals', hadEnded: false })
})

test('where nobody waits the job is only asked to end', async () => {
  const dispatcher = dispatcherWith('RUNNING', ['CANCELLING'])
  const cancellation = await cancelJob(dispatcher, jobId, { isDetached: true })
  assert.deepEqual(cancellation, { status: 'CANCELLING', name: 'totals', hadEnded: false })
})

test('a job that has ended is left alone', async () => {
  const dispatcher = dispatcherWith('FINISHED', [])
  const cancellation = await cancelJob(dispatcher, jobId, { isDetached: false })
  assert.deepEqual(cancellation, { status: 'FINISHED', name: 'totals', hadEnded: true })
  assert.deepEqual(dispatcher.calls, [])
})

test('a job that cannot be recovered is given up', async () => {
  for (const isDetached of [false, true]) {
    const dispatcher = dispatcherWith('INITIALIZING', [], { isRecovering: true })
    const { status, name } = await cancelJob(dispatcher, jobId, { isDetached })
    assert.equal(name, jobId)
    assert.equal(status, isDetached ? 'INITIALIZING' : 'CANCELED')
    assert.deepEqual(dispatcher.calls, ['cancel'])
  }
})

test('a job that nobody knows is not found', async () => {
  const dispatcher = dispatcherWith('INITIALIZING', [], { isRecovering: true })
  dispatcher.listJobs = async () => []
  dispatcher.cancelJob = () => Promise.reject(notFound)
  await assert.rejects(cancelJob(dispatcher, jobId, { isDetached: false }), notFound)
})
