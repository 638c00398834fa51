// What a cluster of real processes does when a connection, a TaskManager or the JobManager goes
// away.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobDetails } from '@millrace/rpc'
import { type CommandResult, RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'
import { TcpProxy } from '../real-cluster/tcp-proxy.ts'

const unbounded = join(import.meta.dirname, 'jobs', 'unbounded-count.ts')
const bounded = join(import.meta.dirname, 'jobs', 'bounded-sum.ts')
const endlessLoop = join(import.meta.dirname, 'jobs', 'endless-loop.ts')

/** Within it a silent TaskManager counts as alive; long enough for a busy machine. */
const heartbeatTimeoutMs = 4000

let cluster: RealCluster

beforeEach(async () => {
  cluster = await RealCluster.start({
    taskManagers: 0,
    slots: 1,
    settings: {
      'heartbeat.interval': '200 ms',
      'heartbeat.timeout': `${heartbeatTimeoutMs} ms`,
    },
  })
})

afterEach(async () => {
  await cluster?.stop()
})

const attempts = (job: JobDetails): readonly string[] =>
  job.vertices.flatMap((vertex) => vertex.subtasks.map((subtask) => subtask.attemptId))
const isRunning = (job: JobDetails): boolean => job.status === 'RUNNING' && recordsIn(job) > 0

test('a control connection that is cut for a second restarts no task', async () => {
  const port = Number(cluster.address.split(':')[1])
  const proxy = await TcpProxy.start(port)
  try {
    cluster.startTaskManager({ 'jobmanager.rpc.port': String(proxy.port) })
    await cluster.untilRegistered(1)
    const jobId = await cluster.submit(unbounded)
    const before = await cluster.untilJob(jobId, isRunning)
    proxy.cut()
    await cluster.untilCluster(({ taskManagers }) => taskManagers[0]?.state === 'suspended')
    // The cut itself is what is tested: it lasts a second, less than the heartbeat time-out.
    await delay(1000)
    proxy.mend()
    const { taskManagers } = await cluster.untilCluster(
      (overview) => overview.taskManagers[0]?.state === 'active',
    )
    assert.equal(taskManagers.length, 1)
    const mended = recordsIn(await cluster.client.requestJob(jobId))
    const after = await cluster.untilJob(jobId, (job) => recordsIn(job) > mended)
    assert.equal(after.restartCount, 0)
    assert.deepEqual(attempts(after), attempts(before))
  } finally {
    proxy.close()
  }
})

test('a killed TaskManager is noticed at once and its tasks run elsewhere', async () => {
  const names = [cluster.startTaskManager(), cluster.startTaskManager()]
  const { taskManagers } = await cluster.untilRegistered(2)
  const jobId = await cluster.submit(unbounded)
  const before = await cluster.untilJob(jobId, isRunning)
  const used = before.vertices[0]?.subtasks[0]?.taskManagerId
  const victim = taskManagers.find((each) => each.taskManagerId === used)
  const name = names.find((each) => cluster.process(each).pid === victim?.processId)
  assert(name !== undefined)
  await cluster.kill(name)
  const killedAt = performance.now()
  await cluster.untilJob(jobId, (job) => job.failures.length > 0)
  const failedAfterMs = performance.now() - killedAt
  const after = await cluster.untilJob(jobId, (job) => isRunning(job) && job.restartCount === 1)
  assert.notEqual(after.vertices[0]?.subtasks[0]?.taskManagerId, used)
  const recovered = after.failures.at(-1)?.recoveredAfterMs
  // Had nobody noticed before the heartbeat time-out, the job would have stood still until then.
  assert(recovered !== undefined, 'the job has not recovered')
  assert(failedAfterMs < heartbeatTimeoutMs, `noticed after ${failedAfterMs} ms`)
})

/** A job that is followed as a user would, once its tasks have got records. */
async function runAttached(
  ...args: readonly string[]
): Promise<{ readonly job: JobDetails; readonly ended: Promise<CommandResult> }> {
  const ended = cluster.millrace('run', unbounded, '--jobmanager', cluster.address, ...args)
  const { jobs } = await cluster.untilCluster((overview) => overview.jobs[0]?.status === 'RUNNING')
  const jobId = jobs[0]?.jobId
  assert(jobId !== undefined)
  return { job: await cluster.untilJob(jobId, isRunning), ended }
}

test('without restarts a killed TaskManager fails the job by its loss, exit code 1', async () => {
  const name = cluster.startTaskManager()
  cluster.startTaskManager()
  await cluster.untilRegistered(2)
  const flags = ['--parallelism', '2', '--set', 'restart-strategy.type=none']
  const { job, ended } = await runAttached(...flags)
  await cluster.kill(name)
  const failed = await cluster.untilEnded(job.jobId)
  assert.equal(failed.status, 'FAILED')
  assert.equal(failed.failure?.code, 'TASK_MANAGER_LOST', failed.failure?.message)
  const { exitCode, stdout, stderr } = await ended
  assert.equal(exitCode, 1, stderr)
  assert.match(stderr, /^TASK_MANAGER_LOST$/m)
  assert.doesNotMatch(stderr, /CONNECTION_LOST/)
  assert.match(stdout, /^FAILED /m)
})

test('a stopped JobManager tells who follows a job that it is CANCELED, exit code 3', async () => {
  cluster.startTaskManager()
  await cluster.untilRegistered(1)
  const { ended } = await runAttached()
  cluster.process('jobmanager').kill('SIGTERM')
  const { exitCode, stdout, stderr } = await ended
  assert.equal(exitCode, 3, stderr)
  assert.match(stdout, /^CANCELED /m)
})

test('who follows a job of a killed JobManager is told so, exit code 4', async () => {
  cluster.startTaskManager()
  await cluster.untilRegistered(1)
  const { job, ended } = await runAttached()
  await cluster.kill('jobmanager')
  const { exitCode, stderr } = await ended
  assert.equal(exitCode, 4, stderr)
  assert.match(stderr, new RegExp(`JOB_MANAGER_UNREACHABLE\\n.*${job.jobId}.* was RUNNING when`))
})

test('jobs are listed by what they do, and their ids are completed', async () => {
  const jobId = await cluster.submit(unbounded)
  await cluster.untilJob(jobId, (job) => job.waitingFor === 'waiting for 1 slot')
  const to = ['--jobmanager', cluster.address]
  const listed = async (flag: string): Promise<boolean> =>
    (await cluster.millrace('list', flag, ...to)).stdout.includes(jobId)
  assert.deepEqual(
    [await listed('-s'), await listed('-r'), await listed('-a')],
    [true, false, true],
  )
  cluster.startTaskManager()
  await cluster.untilJob(jobId, isRunning)
  assert.deepEqual([await listed('-s'), await listed('-r')], [false, true])

  const completed = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await cluster.millrace('--get-yargs-completions', 'millrace', ...words)
    return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('-'))
  }
  const { taskManagers } = await cluster.untilRegistered(1)
  const taskManagerId = taskManagers[0]?.taskManagerId
  assert.deepEqual(await completed('logs', ...to, '--taskmanager', ''), [taskManagerId])
  assert.deepEqual(await completed('cancel', ...to, ''), [jobId])
  await cluster.client.cancelJob(jobId)
  await cluster.untilEnded(jobId)
  assert.equal(await listed('--running'), false)
  assert.deepEqual(await completed('cancel', ...to, jobId.slice(0, 4)), [])
  assert.deepEqual(await completed('status', ...to, ''), [jobId])
  assert.deepEqual(await completed('status', ...to, jobId, ''), [])
})

test('status shows what a job that has ended read, and sent by each edge', async () => {
  cluster.startTaskManager()
  await cluster.untilRegistered(1)
  const output = join(cluster.directory, 'out')
  const args = ['--n', '900', '--keys', '10', '--output', output]
  const jobId = await cluster.submit(bounded, '--parallelism', '1', '--', ...args)
  await cluster.untilEnded(jobId)
  const { stdout } = await cluster.millrace('status', jobId, '--jobmanager', cluster.address)
  assert.match(stdout, /^FINISHED /)
  assert.match(stdout, /\(1\/1\) +FINISHED +0 +\S+ +900 +900$/m)
  assert.match(stdout, / → .* \(hash\) +900 +900$/m)
})

test('a hung TaskManager is replaced after the heartbeat time-out and comes back empty', async () => {
  const names = [cluster.startTaskManager(), cluster.startTaskManager()]
  const { taskManagers } = await cluster.untilRegistered(2)
  const jobId = await cluster.submit(unbounded)
  const before = await cluster.untilJob(jobId, isRunning)
  const used = before.vertices[0]?.subtasks[0]?.taskManagerId
  const victim = taskManagers.find((each) => each.taskManagerId === used)
  const hung = names
    .map((name) => cluster.process(name))
    .find(({ pid }) => pid === victim?.processId)
  assert(hung !== undefined)
  hung.kill('SIGSTOP')
  const moved = await cluster.untilJob(jobId, (job) => isRunning(job) && job.restartCount === 1)
  assert.notEqual(moved.vertices[0]?.subtasks[0]?.taskManagerId, used)
  hung.kill('SIGCONT')
  const overview = await cluster.untilCluster(
    (each) => each.taskManagers.length === 2 && each.freeSlotCount === 1,
  )
  assert.equal(overview.slotCount, 2)
  const after = await cluster.untilJob(jobId, isRunning)
  assert.equal(after.restartCount, 1)
})

test('heartbeats go on while a user function blocks its slot for ever', async () => {
  cluster.startTaskManager({ 'task.cancellation.timeout': '1 s' })
  const { taskManagers } = await cluster.untilRegistered(1)
  const marker = join(cluster.directory, 'loops')
  const jobId = await cluster.submit(endlessLoop, '--parallelism', '1', '--', '--marker', marker)
  await cluster.untilJob(jobId, () => existsSync(marker))
  // A heartbeat that waited for the function would have cost the session by then.
  await delay(heartbeatTimeoutMs + 1000)
  const overview = await cluster.client.requestClusterOverview()
  const [taskManager] = overview.taskManagers
  assert.equal(taskManager?.state, 'active')
  assert.equal(taskManager.registeredAtMs, taskManagers[0]?.registeredAtMs)
  await cluster.client.cancelJob(jobId)
  const canceled = await cluster.untilEnded(jobId)
  assert.equal(canceled.status, 'CANCELED', canceled.failure?.message)
  assert.equal(canceled.restartCount, 0)
  // The thread was ended and replaced by one that works.
  await cluster.untilCluster((each) => each.freeSlotCount === 1)
  const next = await cluster.submit(unbounded)
  await cluster.untilJob(next, isRunning)
})

test('TaskManagers register by themselves with a JobManager that was started again', async () => {
  cluster.startTaskManager()
  cluster.startTaskManager()
  await cluster.untilRegistered(2)
  const jobId = await cluster.submit(unbounded)
  await cluster.untilJob(jobId, isRunning)
  await cluster.kill('jobmanager')
  cluster.startJobManager()
  const overview = await cluster.untilCluster((each) => each.freeSlotCount === 2)
  assert.equal(overview.jobs.length, 0)
})

test('a TaskManager that gets SIGTERM hands its tasks over and ends with exit code 0', async () => {
  const name = cluster.startTaskManager()
  await cluster.untilRegistered(1)
  const jobId = await cluster.submit(unbounded)
  await cluster.untilJob(jobId, isRunning)
  const child = cluster.process(name)
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  assert.equal(await exit, 0)
  cluster.startTaskManager()
  const job = await cluster.untilJob(jobId, (each) => isRunning(each) && each.restartCount === 1)
  assert.equal(job.failures.at(-1)?.failure.code, 'TASK_MANAGER_LOST')
})
