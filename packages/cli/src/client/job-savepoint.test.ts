import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorInfo, JobId, type JobStatus, MillraceError, SavepointId } from '@millrace/core'
import type { DispatcherGateway, JobDetails, SavepointDetails } from '@millrace/rpc'
import { describeSavepoint, savepointProgress } from '../terminal/savepoint-report.ts'
import { followSavepoint, parseSavepointId } from './job-savepoint.ts'

const jobId = JobId.parse('0123456789abcdef0123456789abcdef')
const savepointId = SavepointId.parse('1c3a5d7e9f02')
const begun: SavepointDetails = {
  savepointId,
  goal: 'savepoint',
  state: 'waiting',
  location: '/savepoints/savepoint-012345-1c3a5d7e9f02',
  requestedAtMs: 0,
  endedAtMs: 0,
  acknowledgedCount: 0,
  taskCount: 0,
  copiedFileCount: 0,
  fileCount: 0,
  copiedBytes: 0,
  sizeBytes: 0,
  failure: undefined,
}
const acknowledging: SavepointDetails = {
  ...begun,
  ...{ state: 'acknowledging', acknowledgedCount: 3, taskCount: 8 },
}
const writing: SavepointDetails = {
  ...begun,
  ...{
    state: 'writing',
    copiedFileCount: 2,
    fileCount: 10,
    copiedBytes: 2 << 20,
    sizeBytes: 10 << 20,
  },
}
const completed: SavepointDetails = { ...writing, state: 'completed', endedAtMs: 1 }
const never = new Promise(() => {})

/** A JobManager that shows these, one after the other; an error is thrown. */
function gatewayWith(
  shown: readonly (SavepointDetails | Error | undefined)[],
  statuses: readonly JobStatus[] = [],
): Pick<DispatcherGateway, 'requestSavepoints' | 'requestJob'> {
  const [savepoints, jobs] = [[...shown], [...statuses]]
  return {
    requestSavepoints: async () => {
      const next = savepoints.length > 1 ? savepoints.shift() : savepoints[0]
      if (next instanceof Error) throw next
      return next === undefined ? [] : [next]
    },
    requestJob: async () => ({ jobId, status: jobs.shift() ?? 'RUNNING' }) as JobDetails,
  }
}

function follow(
  gateway: ReturnType<typeof gatewayWith>,
  told: string[] = [],
): ReturnType<typeof followSavepoint> {
  return followSavepoint(gateway, jobId, savepointId, {
    left: never,
    onProgress: (savepoint, job) => void told.push(savepointProgress(savepoint, job)),
  })
}

test('how far it is is told until it is there', async () => {
  const told: string[] = []
  const savepoint = await follow(gatewayWith([begun, acknowledging, writing, completed]), told)
  assert.equal(savepoint, completed)
  assert.deepEqual(told, [
    'waiting until every task runs',
    '3 of 8 tasks have written their state',
    '2 of 10 files copied, 2 MB of 10 MB',
  ])
})

test('a stop is over when the job is', async () => {
  const told: string[] = []
  const stopped: SavepointDetails = { ...completed, goal: 'stop' }
  const gateway = gatewayWith([stopped], ['RUNNING', 'FINISHED'])
  assert.equal(await follow(gateway, told), stopped)
  assert.deepEqual(told, ['complete; the job is RUNNING'])
})

test('a job that fails while it ends leaves the savepoint, and that is said', async () => {
  const gateway = gatewayWith([{ ...completed, goal: 'stop' }], ['FAILED'])
  await assert.rejects(follow(gateway), {
    code: 'SAVEPOINT_FAILED',
    message: /is complete, in \/savepoints\/savepoint-012345-1c3a5d7e9f02, but job .* is FAILED/,
  })
})

test('what it came to nothing for is the error', async () => {
  const failure = errorInfo(new MillraceError('SAVEPOINT_FAILED', 'a task failed'))
  const gateway = gatewayWith([acknowledging, { ...begun, state: 'failed', failure }])
  await assert.rejects(follow(gateway), { code: 'SAVEPOINT_FAILED', message: 'a task failed' })
})

test('a JobManager that answers again is asked again; one that knows nothing ended it', async () => {
  const gone = new MillraceError('JOB_MANAGER_UNREACHABLE', 'no answer', { disposition: 'retry' })
  assert.equal(await follow(gatewayWith([gone, gone, completed])), completed)
  await assert.rejects(follow(gatewayWith([gone, undefined])), { code: 'SAVEPOINT_UNKNOWN' })
  const refused = new MillraceError('JOB_NOT_FOUND', 'no job', { disposition: 'reject-request' })
  await assert.rejects(follow(gatewayWith([refused])), { code: 'JOB_NOT_FOUND' })
})

test('who leaves is not waited for', async () => {
  const left = Promise.resolve('SIGINT')
  const options = { left, onProgress: () => {} }
  assert.equal(await followSavepoint(gatewayWith([writing]), jobId, savepointId, options), 'left')
})

test('a savepoint is described with its place, and why it failed', () => {
  assert.match(describeSavepoint({ ...writing, goal: 'drain' }), /, to drain: 2 of 10 files copied/)
  const failure = errorInfo(new MillraceError('SAVEPOINT_FAILED', 'a task failed'))
  assert.match(
    describeSavepoint({ ...begun, state: 'failed', failure }),
    /^1c3a5d7e9f02 {2}begun .*: SAVEPOINT_FAILED: a task failed\n {2}\/savepoints/,
  )
})

test('ids are typed in full', () => {
  assert.equal(parseSavepointId('1c3a5d7e9f02'), savepointId)
  assert.throws(() => parseSavepointId('1c3a'), { code: 'ARGUMENT_INVALID' })
})
