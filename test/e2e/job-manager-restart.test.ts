// What becomes of jobs when their JobManager is killed, stopped or ended, and another one follows.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import type { JobId } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { freePort, RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'
import { TcpProxy } from '../real-cluster/tcp-proxy.ts'
import { readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const unbounded = join(import.meta.dirname, 'jobs', 'unbounded-count.ts')
const recordCount = 20_000
const ratePerSecond = 4_000

let cluster: RealCluster
/** In front of whatever JobManager there is: its address outlives it. */
let proxy: TcpProxy
let jobManagerPort: number
let jobManagerCount = 0

beforeEach(async () => {
  cluster = await RealCluster.prepare(2, (directory) => ({
    'high-availability.type': 'filesystem',
    'high-availability.storageDir': join(directory, 'ha'),
    'execution.checkpointing.dir': join(directory, 'checkpoints'),
    'execution.checkpointing.interval': '200 ms',
    'heartbeat.interval': '200 ms',
    'heartbeat.timeout': '3 s',
  }))
  jobManagerPort = await freePort()
  proxy = await TcpProxy.start(jobManagerPort, { port: cluster.port, host: '127.0.0.1' })
  startJobManager(jobManagerPort)
  cluster.startTaskManager()
  await cluster.untilRegistered(1)
})

afterEach(async () => {
  proxy?.close()
  await cluster?.stop()
})

/** Returns its name. */
function startJobManager(port: number): string {
  const name = `jobmanager-${++jobManagerCount}`
  cluster.startProcess(name, ['jobmanager'], { 'jobmanager.rpc.port': String(port) })
  return name
}

const jobManagerName = (): string => `jobmanager-${jobManagerCount}`
const output = (): string => join(cluster.directory, 'out')

function submitTotals(...args: readonly string[]): Promise<JobId> {
  const words = ['--n', recordCount, '--rate', ratePerSecond, '--keys', 100]
  const places = ['--output', output(), '--trouble', join(cluster.directory, 'trouble')]
  return cluster.submit(job, ...args, '--parallelism', '2', '--', ...words.map(String), ...places)
}

const hasCheckpoint = ({ checkpoints }: JobDetails): boolean =>
  (checkpoints?.completedCount ?? 0) > 0

async function assertExact(jobId: JobId): Promise<void> {
  const { status, failure } = await cluster.untilEnded(jobId)
  assert.equal(status, 'FINISHED', failure?.message)
  const { lost, repeated, miscounted, lineCount } = readKeyedTotals(output(), recordCount)
  assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
  assert.equal(lineCount, recordCount)
}

test('the job of a killed JobManager goes on under the next one, from its checkpoint', async () => {
  const jobId = await submitTotals()
  await cluster.untilJob(jobId, hasCheckpoint)
  await cluster.kill(jobManagerName())
  const name = startJobManager(jobManagerPort)
  await cluster.untilJob(jobId, ({ checkpoints }) => checkpoints?.latestRestored !== undefined)
  const { stdout } = await cluster.millrace('list', '--jobmanager', cluster.address)
  assert.match(stdout, new RegExp(jobId))
  await assertExact(jobId)
  assert.match(cluster.log(name), /"epoch":2/)
})

test('a JobManager that wakes beside its successor ends with exit code 5 and changes nothing', async () => {
  const jobId = await submitTotals()
  await cluster.untilJob(jobId, hasCheckpoint)
  const oldName = jobManagerName()
  const old = cluster.process(oldName)
  const exit = once(old, 'exit')
  old.kill('SIGSTOP')
  const port = await freePort()
  startJobManager(port)
  proxy.redirect(port)
  await cluster.untilJob(jobId, ({ checkpoints }) => checkpoints?.latestRestored !== undefined)
  old.kill('SIGCONT')
  assert.deepEqual(await exit, [5, null])
  assert.match(cluster.log(oldName), /JOB_MANAGER_SUPERSEDED/)
  await assertExact(jobId)
})

test('a JobManager that is ended by SIGTERM leaves its jobs for the next one', async () => {
  const jobId = await submitTotals()
  await cluster.untilJob(jobId, hasCheckpoint)
  const old = cluster.process(jobManagerName())
  const exit = once(old, 'exit')
  old.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
  startJobManager(jobManagerPort)
  await assertExact(jobId)
})

test('who follows a job does not lose it to a restart of the JobManager', async () => {
  const words = ['--n', recordCount, '--rate', ratePerSecond, '--keys', 100].map(String)
  const places = ['--output', output(), '--trouble', join(cluster.directory, 'trouble')]
  const ended = cluster.millrace(
    ...['run', job, '--jobmanager', cluster.address, '--', ...words, ...places],
  )
  const { jobs } = await cluster.untilCluster((overview) => overview.jobs[0]?.status === 'RUNNING')
  const jobId = jobs[0]?.jobId
  assert(jobId !== undefined)
  await cluster.untilJob(jobId, hasCheckpoint)
  await cluster.kill(jobManagerName())
  startJobManager(jobManagerPort)
  const { exitCode, stdout, stderr } = await ended
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^FINISHED /m)
  await assertExact(jobId)
})

test('a job that ended does not come back', async () => {
  const canceled = await cluster.submit(unbounded)
  await cluster.untilJob(canceled, (each) => each.status === 'RUNNING' && recordsIn(each) > 0)
  await cluster.client.cancelJob(canceled)
  await cluster.untilEnded(canceled)
  const running = await cluster.submit(unbounded)
  await cluster.untilJob(running, hasCheckpoint)
  await cluster.kill(jobManagerName())
  startJobManager(jobManagerPort)
  const { jobs } = await cluster.untilCluster((overview) => overview.jobs[0]?.status === 'RUNNING')
  assert.deepEqual(
    jobs.map(({ jobId }) => jobId),
    [running],
  )
  await cluster.client.cancelJob(running)
  await cluster.untilEnded(running)
})
