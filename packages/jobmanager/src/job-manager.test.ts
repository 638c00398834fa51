import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  errorInfo,
  JobId,
  MillraceError,
  OperatorId,
  SeededRandom,
  silentLogger,
  TaskManagerId,
} from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { sketchBundle } from './dispatcher/bundle-sketch-test-support.ts'
import { sketchGraph } from './execution-graph/graph-sketch-test-support.ts'
import { NoHighAvailability } from './high-availability/no-high-availability.ts'
import { JobManager } from './job-manager.ts'
import { type JobManagerOptions, jobManagerOptionsDefault } from './job-manager-options.ts'
import {
  type ScriptedJobHost,
  ScriptedThreadHost,
  threadHostFor,
} from './job-master/scripted-job-host-test-support.ts'
import { ManualClock } from './manual-clock-test-support.ts'
import { MemoryFileSystem } from './memory-file-system-test-support.ts'
import { FakeTaskManager } from './resource-manager/fake-task-manager-test-support.ts'

const bundle = sketchBundle('the module')
const submission = { bundle: bundle.reference, apiVersion: '0.1.0', args: {}, config: {} }
const pair = sketchGraph(
  [
    { name: 'a', parallelism: 1 },
    { name: 'b', parallelism: 1 },
  ],
  [['a', 'b', 'forward']],
)

async function start(threadHost: ScriptedThreadHost, options: Partial<JobManagerOptions> = {}) {
  const clock = new ManualClock()
  const jobManager = new JobManager(
    {
      clock,
      random: new SeededRandom(5),
      logger: silentLogger,
      threadHost,
      fileSystem: new MemoryFileSystem(),
      checkpointStorage: (directory) =>
        new FileSystemCheckpointStorage(new MemoryFileSystem(), directory),
      readLog: async (lineCountMax) => [`the last ${lineCountMax} lines`],
      lastHeartbeatAgoMs: () => 17,
      highAvailability: new NoHighAvailability(),
      onFatalError: (error) => assert.fail(error),
    },
    {
      ...jobManagerOptionsDefault,
      version: '0.1.0',
      apiVersion: '0.1.0',
      processId: 1,
      bundleDirectory: '/bundles',
      ...options,
    },
  )
  await jobManager.open()
  const { dispatcher } = jobManager
  await dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  const taskManager = new FakeTaskManager('tm-1', 2).register(jobManager.sessionServerHandler)
  return { clock, jobManager, dispatcher, taskManager: taskManager.settle() }
}

/** Lets promises that can go on do so. */
function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('a job runs from its submission to its end, and its slots return', async () => {
  const threadHost = threadHostFor(pair)
  const { dispatcher, taskManager } = await start(threadHost)
  const jobId = await dispatcher.submitJob(submission)
  taskManager.settle()
  assert.deepEqual(taskManager.tasks().length, 2)
  for (const name of ['a/0', 'b/0']) taskManager.report(taskManager.task(name), 'RUNNING')
  taskManager.settle()
  const running = await dispatcher.requestJob(jobId)
  assert.equal(running.status, 'RUNNING')
  assert.equal(running.runningTaskCount, 2)
  assert.equal(running.vertices[0]?.subtasks[0]?.taskManagerId, taskManager.id)
  for (const name of ['a/0', 'b/0']) taskManager.report(taskManager.task(name), 'FINISHED')
  taskManager.settle()
  assert.equal((await dispatcher.requestJob(jobId)).status, 'FINISHED')
  assert.deepEqual(taskManager.releasedJobs, [jobId])
  assert.equal((await dispatcher.requestClusterOverview()).freeSlotCount, 2)
  assert.deepEqual(threadHost.jobHosts[0]?.kinds().slice(-2), ['job-ended', 'close'])
})

test('the submission wins over the program, the program over the cluster', async () => {
  const graph = sketchGraph([{ name: 'a', parallelism: 1 }], [], {
    'slot.request.timeout': '2 min',
    'restart-strategy.type': 'none',
  })
  const { dispatcher, taskManager } = await start(threadHostFor(graph), {
    clusterConfig: { 'slot.request.timeout': '1 min', 'parallelism.default': '4' },
  })
  await dispatcher.submitJob({ ...submission, config: { 'slot.request.timeout': '3 min' } })
  const [message] = taskManager.inbox
  assert.deepEqual(message?.kind === 'allocate-slot' && message.job.config, {
    'slot.request.timeout': '3 min',
    'parallelism.default': '4',
    'restart-strategy.type': 'none',
  })
})

test('an unknown or wrong key of the submission is refused before user code runs', async () => {
  const threadHost = threadHostFor(pair)
  const { dispatcher } = await start(threadHost)
  const config = { 'slot.request.timeout': 'soon' }
  await assert.rejects(dispatcher.submitJob({ ...submission, config }), {
    code: 'CONFIG_VALUE_INVALID',
  })
  assert.equal(threadHost.jobHosts.length, 0)
})

test('a bundle for another API version is refused', async () => {
  const { dispatcher } = await start(threadHostFor(pair))
  await assert.rejects(dispatcher.submitJob({ ...submission, apiVersion: '0.2.0' }), {
    code: 'API_VERSION_MISMATCH',
  })
})

test('what is wrong with the module rejects the submission, and no job remains', async () => {
  const failure = errorInfo(new MillraceError('JOB_MODULE_THREW', 'boom', { blame: 'user' }))
  const threadHost = new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph')
      host.emit({ kind: 'failed', operatorId: undefined, failure })
  })
  const { dispatcher } = await start(threadHost)
  await assert.rejects(dispatcher.submitJob(submission), { code: 'JOB_MODULE_THREW' })
  assert.deepEqual(await dispatcher.listJobs(), [])
  assert.ok(threadHost.jobHosts[0]?.isEnded)
})

test('a module that never loads is given up and its thread ended', async () => {
  const threadHost = new ScriptedThreadHost(() => {})
  const { dispatcher, clock } = await start(threadHost)
  const submitted = dispatcher.submitJob(submission)
  const rejected = assert.rejects(submitted, { code: 'JOB_HOST_LOST' })
  await flush()
  clock.advance(60_000)
  await rejected
  assert.ok(threadHost.jobHosts[0]?.isEnded)
  assert.equal(clock.timerCount, 0)
})

test('a module that ends its thread fails its submission with the reason', async () => {
  const threadHost = new ScriptedThreadHost((host) =>
    host.exit({ reason: 'exited', exitCode: 3, error: undefined }),
  )
  const { dispatcher } = await start(threadHost)
  await assert.rejects(dispatcher.submitJob(submission), (error: MillraceError) => {
    assert.equal(error.code, 'JOB_HOST_LOST')
    assert.match(error.message, /process\.exit\(3\)/)
    return true
  })
})

test('a job host that ends fails its own job only', async () => {
  const threadHost = threadHostFor(sketchGraph([{ name: 'a', parallelism: 1 }], []))
  const { dispatcher, taskManager } = await start(threadHost)
  const [first, second] = [
    await dispatcher.submitJob(submission),
    await dispatcher.submitJob(submission),
  ]
  taskManager.settle()
  threadHost.jobHosts[0]?.exit({ reason: 'out-of-memory', exitCode: 1, error: undefined })
  for (const task of taskManager.settle().tasks()) {
    if (task.state === 'canceling') taskManager.report(task, 'CANCELED')
  }
  taskManager.settle()
  const failed = await dispatcher.requestJob(first)
  assert.equal(failed.status, 'FAILED')
  assert.equal(failed.failure?.code, 'JOB_HOST_LOST')
  assert.equal((await dispatcher.requestJob(second)).status, 'RUNNING')
})

test('a graph is planned without a job, and the thread is ended', async () => {
  const threadHost = threadHostFor(pair)
  const { dispatcher } = await start(threadHost)
  assert.deepEqual(await dispatcher.planJob(submission), pair)
  assert.deepEqual(await dispatcher.listJobs(), [])
  assert.ok(threadHost.jobHosts[0]?.isEnded)
})

test('a job is canceled while its graph is built', async () => {
  const { dispatcher } = await start(new ScriptedThreadHost(() => {}))
  const rejected = assert.rejects(dispatcher.submitJob(submission), { code: 'JOB_CANCELED' })
  let [job] = await dispatcher.listJobs()
  while (job === undefined) [job] = await dispatcher.listJobs()
  assert.equal(job.status, 'INITIALIZING')
  await dispatcher.cancelJob(job.jobId)
  await rejected
})

test('a lost TaskManager costs a recovery, which is recorded with its time', async () => {
  const { dispatcher, jobManager, taskManager, clock } = await start(threadHostFor(pair))
  const jobId = await dispatcher.submitJob(submission)
  taskManager.settle()
  const spare = new FakeTaskManager('tm-2', 1).register(jobManager.sessionServerHandler).settle()
  taskManager.lose('its data port refuses connections')
  clock.advance(40)
  spare.settle()
  for (const task of spare.tasks()) spare.report(task, 'RUNNING')
  spare.settle()
  const { status, restartCount, failures } = await dispatcher.requestJob(jobId)
  assert.deepEqual([status, restartCount, failures.length], ['RUNNING', 1, 1])
  assert.equal(failures[0]?.failure.code, 'TASK_MANAGER_LOST')
  assert.equal(failures[0]?.recoveredAfterMs, 40)
  assert.equal(failures[0]?.taskManagerId, 'tm-1')
})

test('operator events reach the job host and back, for current attempts only', async () => {
  const operatorId = OperatorId.parse('a-operator')
  const threadHost = threadHostFor(pair, [operatorId])
  const { dispatcher, taskManager } = await start(threadHost)
  const jobId = await dispatcher.submitJob(submission)
  const { deployment } = taskManager.settle().task('a/0')
  const { attemptId, vertexId, subtaskIndex } = deployment
  const event = new Uint8Array([1, 2])
  const message = { jobId, vertexId, attemptId, subtaskIndex, operatorId, event }
  taskManager.send({ kind: 'operator-event', ...message })
  taskManager.settle()
  const host = threadHost.jobHosts[0] as ScriptedJobHost
  const received = host.commands.at(-1)
  assert.deepEqual(received, { kind: 'operator-event', operatorId, subtaskIndex, attemptId, event })
  host.emit({ kind: 'operator-event', operatorId, subtaskIndex, attemptId, event })
  assert.deepEqual(taskManager.inbox, [{ kind: 'operator-event', operatorId, attemptId, event }])
  taskManager.report(taskManager.task('a/0'), 'FINISHED')
  taskManager.send({ kind: 'operator-event', ...message })
  const count = host.commands.length
  taskManager.settle()
  assert.equal(host.commands.length, count, 'the attempt is over')
})

test('metrics belong to the attempt they were reported for', async () => {
  const { dispatcher, taskManager } = await start(threadHostFor(pair))
  const jobId = await dispatcher.submitJob(submission)
  const { attemptId } = taskManager.settle().task('a/0').deployment
  const counters = { recordsIn: 1, recordsOut: 2, bytesIn: 3, bytesOut: 4, droppedByReason: {} }
  const times = { busyMs: 5, idleMs: 6, backPressuredMs: 7 }
  const metrics = { jobId, attemptId, ...counters, ...times }
  taskManager.send({ kind: 'metrics-report', tasks: [metrics] })
  taskManager.settle()
  const metricsOfA = async () =>
    (await dispatcher.requestJob(jobId)).vertices[0]?.subtasks[0]?.metrics
  assert.deepEqual(await metricsOfA(), metrics)
  const failure = errorInfo(new Error('boom'), 'USER_FUNCTION_FAILED')
  taskManager.report(taskManager.task('a/0'), 'FAILED', { failure })
  taskManager.settle()
  taskManager.report(taskManager.task('b/0'), 'CANCELED')
  taskManager.settle()
  assert.equal(await metricsOfA(), undefined)
})

/** A job host whose sink has these batches, one per fetch that finds one. */
function sinkHost(batches: (readonly number[])[]): ScriptedThreadHost {
  return new ScriptedThreadHost((host, command) => {
    if (command.kind === 'build-graph') {
      const coordinated = [OperatorId.parse('b-operator')]
      host.emit({ kind: 'graph', graph: pair, coordinated })
    } else if (command.kind === 'fetch-results') {
      const records = (batches.shift() ?? []).map((each) => new Uint8Array([each]))
      const results = { records, isEnd: false, epoch: 0, position: 0 }
      const { requestId, sinkName } = command
      host.emit({ kind: 'results', requestId, results: sinkName === 'sink' ? results : undefined })
    } else if (command.kind === 'close') {
      host.exit({ reason: 'exited', exitCode: 0, error: undefined })
    }
  })
}

test('results are waited for as long as asked', async () => {
  const { dispatcher, clock } = await start(sinkHost([[], [], [7]]))
  const jobId = await dispatcher.submitJob(submission)
  const request = { jobId, sinkName: 'sink', recordCountMax: 10, waitMsMax: 1_000 }
  const fetched = dispatcher.fetchResults(request)
  for (let i = 0; i < 5; i++) {
    await flush()
    clock.advance(100)
  }
  assert.deepEqual((await fetched).records, [new Uint8Array([7])])
  const none = dispatcher.fetchResults({ ...request, waitMsMax: 0 })
  assert.deepEqual((await none).records, [])
  await assert.rejects(dispatcher.fetchResults({ ...request, sinkName: 'other' }), {
    code: 'ARGUMENT_INVALID',
  })
})

test('results of an ended job are kept for a while', async () => {
  const threadHost = sinkHost([[1], [2]])
  const { dispatcher, clock } = await start(threadHost, { resultRetentionMs: 1_000 })
  const jobId = await dispatcher.submitJob(submission)
  await dispatcher.cancelJob(jobId)
  const request = { jobId, sinkName: 'sink', recordCountMax: 10, waitMsMax: 0 }
  assert.equal((await dispatcher.fetchResults(request)).records.length, 1)
  clock.advance(900)
  assert.equal((await dispatcher.fetchResults(request)).records.length, 1)
  clock.advance(1_000)
  await assert.rejects(dispatcher.fetchResults(request), { code: 'JOB_HOST_LOST' })
  assert.ok(threadHost.jobHosts[0]?.isEnded)
})

test('of the jobs that ended the last ones are remembered', async () => {
  const { dispatcher } = await start(threadHostFor(pair), { jobStoreCapacityMax: 2 })
  const jobIds: JobId[] = []
  for (let i = 0; i < 3; i++) {
    const jobId = await dispatcher.submitJob(submission)
    jobIds.push(jobId)
    await dispatcher.cancelJob(jobId)
    await flush()
  }
  const listed = (await dispatcher.listJobs()).map((job) => job.jobId)
  assert.deepEqual(listed, jobIds.slice(1))
  await assert.rejects(dispatcher.requestJob(jobIds[0]!), { code: 'JOB_NOT_FOUND' })
})

test('logs come from the JobManager itself or from a TaskManager', async () => {
  const { dispatcher, taskManager, clock } = await start(threadHostFor(pair))
  const own = await dispatcher.requestLogs({ taskManagerId: undefined, lineCountMax: 5 })
  assert.deepEqual(own, ['the last 5 lines'])
  const request = { taskManagerId: taskManager.id, lineCountMax: 5 }
  const asked = dispatcher.requestLogs(request)
  taskManager.settle()
  assert.deepEqual(await asked, ['log of tm-1'])
  const unanswered = assert.rejects(dispatcher.requestLogs(request), { code: 'RPC_FAILED' })
  clock.advance(10_000)
  await unanswered
  const interrupted = assert.rejects(dispatcher.requestLogs(request), { code: 'TASK_MANAGER_LOST' })
  taskManager.lose()
  await interrupted
  const unknown = { taskManagerId: TaskManagerId.parse('tm-9'), lineCountMax: 5 }
  await assert.rejects(dispatcher.requestLogs(unknown), { code: 'TASK_MANAGER_NOT_FOUND' })
})

test('a TaskManager that registers anew has lost what it ran', async () => {
  const { dispatcher, jobManager, taskManager } = await start(threadHostFor(pair))
  const jobId = await dispatcher.submitJob(submission)
  taskManager.settle()
  const again = new FakeTaskManager('tm-1', 2).register(jobManager.sessionServerHandler)
  again.settle()
  const { restartCount, status } = await dispatcher.requestJob(jobId)
  assert.deepEqual([restartCount, status], [1, 'RUNNING'])
  assert.equal(again.tasks().length, 2)
  taskManager.lose('late')
  assert.equal((await dispatcher.requestJob(jobId)).status, 'RUNNING')
})

test('the cluster is shown with its TaskManagers and slots', async () => {
  const { dispatcher, taskManager } = await start(threadHostFor(pair))
  taskManager.suspend()
  const { slotCount, taskManagers } = await dispatcher.requestClusterOverview()
  assert.equal(slotCount, 2)
  const [shown] = taskManagers
  assert.deepEqual([shown?.state, shown?.lastHeartbeatAgoMs], ['suspended', 17])
})

test('a job no one knows is told so', async () => {
  const { dispatcher } = await start(threadHostFor(pair))
  const jobId = JobId.parse('f'.repeat(32))
  await assert.rejects(dispatcher.cancelJob(jobId), {
    code: 'JOB_NOT_FOUND',
    message: /^There is no job [0-9a-f]{32}: /,
  })
})

test('closing lets a client that follows a job see its end, for a bounded time', async () => {
  for (const looksAgain of [true, false]) {
    const { jobManager, dispatcher, taskManager, clock } = await start(threadHostFor(pair))
    const jobId = await dispatcher.submitJob(submission)
    taskManager.settle()
    await dispatcher.requestJob(jobId)
    let isClosed = false
    const closed = jobManager.close().then(() => {
      isClosed = true
    })
    taskManager.settle()
    for (const task of taskManager.tasks()) taskManager.report(task, 'CANCELED')
    taskManager.settle()
    await flush()
    assert.equal(isClosed, false)
    if (looksAgain) assert.equal((await dispatcher.requestJob(jobId)).status, 'CANCELED')
    else clock.advance(1_000)
    await flush()
    assert.equal(isClosed, true)
    await closed
  }
})

const closeCases: readonly (readonly [name: string, endsInTime: boolean])[] = [
  ['closing cancels jobs and waits for them', true],
  ['closing waits a bounded time only', false],
]
for (const [name, endsInTime] of closeCases) {
  test(name, async () => {
    const threadHost = threadHostFor(pair)
    const { jobManager, dispatcher, taskManager, clock } = await start(threadHost)
    const jobId = await dispatcher.submitJob(submission)
    taskManager.settle()
    let isClosed = false
    const closed = jobManager.close().then(() => {
      isClosed = true
    })
    taskManager.settle()
    if (endsInTime) for (const task of taskManager.tasks()) taskManager.report(task, 'CANCELED')
    taskManager.settle()
    await flush()
    assert.equal(isClosed, endsInTime)
    clock.advance(5_000)
    await closed
    assert.equal((await dispatcher.requestJob(jobId)).status, 'CANCELED')
    assert.ok(threadHost.jobHosts[0]?.isEnded)
    assert.equal(taskManager.isOpen, false)
    await assert.rejects(dispatcher.submitJob(submission), { code: 'JOB_MANAGER_UNREACHABLE' })
  })
}

test('two jobs of which each holds what the other lacks do not both fail', async () => {
  const graph = sketchGraph(
    [
      { name: 'a', parallelism: 2 },
      { name: 'b', parallelism: 2 },
    ],
    [['a', 'b', 'hash']],
    { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.delay': '0 ms' },
  )
  const { clock, jobManager, dispatcher, taskManager } = await start(threadHostFor(graph))
  const other = new FakeTaskManager('tm-2', 2).register(jobManager.sessionServerHandler).settle()
  const both = [taskManager, other]
  const settle = () => {
    for (let i = 0; i < 4; i++) for (const each of both) each.settle()
  }
  const jobIds = [await dispatcher.submitJob(submission), await dispatcher.submitJob(submission)]
  settle()
  for (const each of both) for (const task of each.tasks()) each.report(task, 'RUNNING')
  settle()
  for (const jobId of jobIds) {
    const jobs = both.map((each) =>
      each.tasks().some(({ deployment }) => deployment.jobId === jobId),
    )
    assert.deepEqual(jobs, [true, true], 'each has a slot on both')
  }
  other.lose()
  for (let i = 0; i < 900; i++) {
    taskManager.settle()
    for (const task of taskManager.tasks()) {
      if (task.state === 'canceling') taskManager.report(task, 'CANCELED')
      else if (task.state === 'deployed') taskManager.report(task, 'RUNNING')
    }
    taskManager.settle()
    clock.advance(1_000)
  }
  const statuses: string[] = []
  for (const jobId of jobIds) statuses.push((await dispatcher.requestJob(jobId)).status)
  assert.ok(statuses.includes('RUNNING'), statuses.join())
})
