import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JobId, MillraceError } from '@millrace/core'
import { orRecovering } from './recovering-job.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')

test('a job that is being recovered is initializing, and the message says what it waits for', async () => {
  const message = '3 tries failed, the next is in 1000 ms'
  const recovering = new MillraceError('JOB_NOT_FOUND', message, { disposition: 'retry' })
  assert.deepEqual(await orRecovering(jobId, Promise.reject(recovering)), {
    jobId,
    status: 'INITIALIZING',
    waitingFor: message,
  })
})

test('a job that is there is shown, and one that never was stays an error', async () => {
  const details = { jobId }
  assert.equal(await orRecovering(jobId, Promise.resolve(details)), details)
  const gone = new MillraceError('JOB_NOT_FOUND', 'no', { disposition: 'reject-request' })
  await assert.rejects(orRecovering(jobId, Promise.reject(gone)), gone)
})
