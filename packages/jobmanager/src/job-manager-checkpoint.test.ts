import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CheckpointReport,
  type JobGraph,
  OperatorId,
  SeededRandom,
  silentLogger,
  type TaskExecutorMessage,
} from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import {
  metricsOfTest,
  snapshotOf,
} from './checkpoint/coordinator/checkpoint-bench-test-support.ts'
import { sketchBundle } from './dispatcher/bundle-sketch-test-support.ts'
import { sketchGraph } from './execution-graph/graph-sketch-test-support.ts'
import { FileSystemHighAvailability } from './high-availability/file-system-high-availability.ts'
import type { HighAvailabilityServices } from './high-availability/high-availability-services.ts'
import { MemoryStorage } from './high-availability/high-availability-test-support.ts'
import { NoHighAvailability } from './high-availability/no-high-availability.ts'
import { JobManager } from './job-manager.ts'
import { jobManagerOptionsDefault } from './job-manager-options.ts'
import { ScriptedThreadHost } from './job-master/scripted-job-host-test-support.ts'
import { ManualClock } from './manual-clock-test-support.ts'
import { MemoryFileSystem } from './memory-file-system-test-support.ts'
import { FakeTaskManager } from './resource-manager/fake-task-manager-test-support.ts'

const bundle = sketchBundle('the module')
const submission = { bundle: bundle.reference, apiVersion: '0.1.0', args: {}, config: {} }
const interval = { 'execution.checkpointing.interval': '1 s' }
const place = { 'execution.checkpointing.dir': '/checkpoints/' }
const sourceId = OperatorId.parse('a-operator')

function pairWith(config: Readonly<Record<string, string>>): JobGraph {
  return sketchGraph(
    [
      { name: 'a', parallelism: 1 },
      { name: 'b', parallelism: 1 },
    ],
    [['a', 'b', 'forward']],
    config,
  )
}

/** A JobManager, and a TaskManager whose tasks run. */
async function start(
  config: Readonly<Record<string, string>>,
  highAvailability: HighAvailabilityServices = new NoHighAvailability(),
  files: MemoryFileSystem = new MemoryFileSystem(),
) {
  const clock = new ManualClock()
  const threadHost = new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph') {
      host.emit({ kind: 'graph', graph: pairWith(config), coordinated: [sourceId] })
    }
    if (command.kind === 'close') host.exit({ reason: 'exited', exitCode: 0, error: undefined })
  })
  const jobManager = new JobManager(
    {
      clock,
      random: new SeededRandom(5),
      logger: silentLogger,
      threadHost,
      fileSystem: files,
      checkpointStorage: (directory) => new FileSystemCheckpointStorage(files, directory),
      readLog: async () => [],
      lastHeartbeatAgoMs: () => 17,
      highAvailability,
      onFatalError: (error) => assert.fail(error),
    },
    {
      ...jobManagerOptionsDefault,
      version: '0.1.0',
      apiVersion: '0.1.0',
      processId: 1,
      bundleDirectory: '/bundles',
    },
  )
  await jobManager.open()
  const { dispatcher } = jobManager
  await dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  const taskManager = new FakeTaskManager('tm-1', 2).register(jobManager.sessionServerHandler)
  return { clock, dispatcher, files, jobManager, threadHost, taskManager: taskManager.settle() }
}

type Started = Awaited<ReturnType<typeof start>>

async function submitAndRun({ dispatcher, taskManager }: Started) {
  const jobId = await dispatcher.submitJob(submission)
  taskManager.settle()
  for (const name of ['a/0', 'b/0']) taskManager.report(taskManager.task(name), 'RUNNING')
  taskManager.settle()
  return jobId
}

/** The coordinators' part, then that of both tasks, then the write. */
async function complete(started: Started, checkpointId: number): Promise<void> {
  const { clock, threadHost, taskManager } = started
  clock.advance(1_000)
  const states = [{ operatorId: sourceId, bytes: Uint8Array.of(checkpointId) }]
  threadHost.jobHosts[0]?.emit({ kind: 'coordinators-snapshotted', checkpointId, states })
  taskManager.settle()
  for (const name of ['a/0', 'b/0']) {
    const { jobId, attemptId } = taskManager.task(name).deployment
    const report: CheckpointReport = {
      kind: 'acknowledge-checkpoint',
      jobId,
      attemptId,
      checkpointId,
      snapshot: snapshotOf(name.slice(0, 1)),
      metrics: metricsOfTest,
    }
    taskManager.send(report)
  }
  taskManager.settle()
  await flush()
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a job that asks for checkpoints and has no place for them is refused', async () => {
  const { dispatcher } = await start(interval)
  await assert.rejects(dispatcher.submitJob(submission), {
    code: 'CHECKPOINT_DIRECTORY_MISSING',
    message: /set execution\.checkpointing\.dir to a directory/,
  })
})

test('a place for checkpoints that depends on where a process was started is refused', async () => {
  for (const directory of ['checkpoints', './checkpoints']) {
    const { dispatcher } = await start({ ...interval, 'execution.checkpointing.dir': directory })
    await assert.rejects(dispatcher.submitJob(submission), {
      code: 'CONFIG_VALUE_INVALID',
      message: /execution\.checkpointing\.dir is '.*checkpoints', which is no absolute path/,
    })
  }
})

test('a place for checkpoints of a kind that is not known is refused', async () => {
  for (const directory of ['file:///checkpoints', 'hdfs://host/checkpoints', 's3://Not_A_Bucket']) {
    const { dispatcher } = await start({ ...interval, 'execution.checkpointing.dir': directory })
    await assert.rejects(dispatcher.submitJob(submission), {
      code: 'CONFIG_VALUE_INVALID',
      message: /^'.*' is no place for checkpoints: /,
    })
  }
})

test('a place for checkpoints that cannot be written is refused at the submission', async () => {
  const { dispatcher, files } = await start({ ...interval, ...place })
  files.isFull = true
  await assert.rejects(dispatcher.submitJob(submission), {
    code: 'CHECKPOINT_DIRECTORY_UNUSABLE',
    disposition: 'reject-request',
    message: /cannot be written to \/checkpoints\/[0-9a-f]+: no space left on device\. Make exec/,
  })
  files.isFull = false
  await dispatcher.submitJob(submission)
  assert.deepEqual(await files.list('/checkpoints'), [])
})

test('restarts are counted on from one JobManager to the next, which is one too', async () => {
  const storage = new MemoryStorage()
  const files = new MemoryFileSystem()
  const next = () => {
    const services = new FileSystemHighAvailability(storage, silentLogger, 'test')
    return start({ ...interval, ...place }, services, files)
  }
  const first = await next()
  const jobId = await submitAndRun(first)
  first.taskManager.lose()
  const { sessionServerHandler } = first.jobManager
  const taskManager = new FakeTaskManager('tm-2', 2).register(sessionServerHandler).settle()
  for (const name of ['a/0', 'b/0']) taskManager.report(taskManager.task(name), 'RUNNING')
  taskManager.settle()
  const restartCountOf = async ({ dispatcher }: Started) =>
    (await dispatcher.requestJob(jobId)).restartCount
  assert.equal(await restartCountOf(first), 1)
  await complete({ ...first, taskManager }, 1)
  const second = await next()
  assert.equal(await restartCountOf(second), 2)
  const third = await next()
  assert.equal(await restartCountOf(third), 3)
  const [overview] = await third.dispatcher.listJobs()
  assert.equal(overview?.restartCount, 3)
})

test('tasks are told where their checkpoints go, and what to begin with', async () => {
  const started = await start({ ...interval, ...place })
  const jobId = await started.dispatcher.submitJob(submission)
  const [allocate] = started.taskManager.inbox
  assert.deepEqual(allocate?.kind === 'allocate-slot' && allocate.job.state.checkpointing, {
    mode: 'EXACTLY_ONCE',
    directory: `/checkpoints/${jobId}`,
    inlineSizeMaxBytes: 20 * 1024,
    isUnaligned: false,
    alignedTimeoutMs: 0,
    isBackedUpLocally: false,
  })
})

test('what enumerators send after their snapshot travels behind the trigger', async () => {
  const started = await start({ ...interval, ...place })
  await submitAndRun(started)
  const { clock, threadHost, taskManager } = started
  const host = threadHost.jobHosts[0]
  clock.advance(1_000)
  assert.equal(host?.kinds().at(-1), 'snapshot-coordinators')
  assert.deepEqual(taskManager.inbox, [], 'no task is triggered yet')
  const { attemptId } = taskManager.task('a/0').deployment
  const event = Uint8Array.of(1)
  const assignment = {
    kind: 'operator-event',
    operatorId: sourceId,
    subtaskIndex: 0,
    attemptId,
    event,
  } as const
  host?.emit({ kind: 'coordinators-snapshotted', checkpointId: 1, states: [] })
  host?.emit(assignment)
  assert.deepEqual(kindsOf(taskManager.inbox), ['trigger-checkpoint', 'operator-event'])
})

test('a completed checkpoint is in storage, in the details, and told to tasks and enumerators', async () => {
  const started = await start({ ...interval, ...place })
  const jobId = await submitAndRun(started)
  const { dispatcher, files, taskManager, threadHost } = started
  await complete(started, 1)
  assert.deepEqual(kindsOf(taskManager.inbox), ['notify-checkpoint-complete'])
  assert.equal(threadHost.jobHosts[0]?.kinds().at(-1), 'checkpoint-completed')
  const path = `/checkpoints/${jobId}/chk-1/_metadata`
  assert.ok(files.files.has(path))
  const { checkpoints } = await dispatcher.requestJob(jobId)
  assert.equal(checkpoints?.completedCount, 1)
  const { latestCompleted } = checkpoints ?? {}
  assert.equal(latestCompleted?.location, path)
  assert.equal(latestCompleted?.writtenBytes, 20)
  assert.equal(latestCompleted?.totalBytes, 200)
})

test('after a failure the tasks and the enumerators begin with the latest checkpoint', async () => {
  const started = await start({ ...interval, ...place })
  const jobId = await submitAndRun(started)
  await complete(started, 1)
  const { dispatcher, taskManager, threadHost } = started
  taskManager.report(taskManager.task('b/0'), 'FAILED')
  taskManager.settle()
  taskManager.report(taskManager.task('a/0'), 'CANCELED')
  taskManager.settle()
  assert.equal(taskManager.task('a/0').deployment.restore?.checkpointId, 1)
  const begun = threadHost.jobHosts[0]?.commands.findLast(
    ({ kind }) => kind === 'start-coordinators',
  )
  assert.ok(begun?.kind === 'start-coordinators')
  assert.deepEqual(begun.restored, [{ operatorId: sourceId, state: Uint8Array.of(1) }])
  const { checkpoints } = await dispatcher.requestJob(jobId)
  assert.equal(checkpoints?.latestRestored?.checkpointId, 1)
})

test('a checkpoint that expires is in the details with the tasks that were late', async () => {
  const started = await start({ ...interval, ...place, 'execution.checkpointing.timeout': '5 s' })
  const jobId = await submitAndRun(started)
  const { clock, dispatcher, threadHost, taskManager } = started
  clock.advance(1_000)
  threadHost.jobHosts[0]?.emit({ kind: 'coordinators-snapshotted', checkpointId: 1, states: [] })
  taskManager.settle()
  const { checkpoints: before } = await dispatcher.requestJob(jobId)
  assert.deepEqual(
    before?.pending[0]?.waitingFor.map(({ phase }) => phase),
    ['wait-for-barrier', 'wait-for-barrier'],
  )
  clock.advance(5_000)
  const { checkpoints, status } = await dispatcher.requestJob(jobId)
  assert.equal(status, 'RUNNING')
  assert.equal(checkpoints?.failedCount, 1)
  assert.match(checkpoints?.latestFailed?.failure.message ?? '', /a \(1\/1\): wait-for-barrier/)
})

test('a canceled job leaves no checkpoints, unless they are to be retained', async () => {
  const key = 'execution.checkpointing.externalized-checkpoint-retention'
  for (const retention of ['delete', 'retain']) {
    const started = await start({ ...interval, ...place, [key]: retention })
    const jobId = await submitAndRun(started)
    await complete(started, 1)
    const { dispatcher, files, taskManager } = started
    await dispatcher.cancelJob(jobId)
    taskManager.settle()
    for (const name of ['a/0', 'b/0']) taskManager.report(taskManager.task(name), 'CANCELED')
    taskManager.settle()
    await flush()
    const left = [...files.files.keys()].filter((path) => path.startsWith('/checkpoints/'))
    const kept = [`/checkpoints/${jobId}/chk-1/_metadata`]
    assert.deepEqual(left, retention === 'retain' ? kept : [])
  }
})

function kindsOf(messages: readonly TaskExecutorMessage[]): readonly string[] {
  return messages.map(({ kind }) => kind)
}
