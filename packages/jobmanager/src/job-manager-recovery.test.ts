import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, SeededRandom, silentLogger } from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { sketchBundle } from './dispatcher/bundle-sketch-test-support.ts'
import { sketchGraph } from './execution-graph/graph-sketch-test-support.ts'
import { FileSystemHighAvailability } from './high-availability/file-system-high-availability.ts'
import { MemoryStorage } from './high-availability/high-availability-test-support.ts'
import { JobManager } from './job-manager.ts'
import { jobManagerOptionsDefault } from './job-manager-options.ts'
import { ScriptedThreadHost, threadHostFor } from './job-master/scripted-job-host-test-support.ts'
import { ManualClock } from './manual-clock-test-support.ts'
import { MemoryFileSystem } from './memory-file-system-test-support.ts'
import { FakeTaskManager } from './resource-manager/fake-task-manager-test-support.ts'

const bundle = sketchBundle('the module')
const submission = {
  bundle: bundle.reference,
  apiVersion: '0.1.0',
  args: { input: 'numbers' },
  config: { 'parallelism.default': '1' },
}
const graph = sketchGraph([{ name: 'a', parallelism: 1 }], [])

/** A JobManager over this directory, with a disk of its own for everything else. */
async function start(
  storage: MemoryStorage,
  threadHost: ScriptedThreadHost = threadHostFor(graph),
  checkpointFiles: MemoryFileSystem = new MemoryFileSystem(),
) {
  const clock = new ManualClock()
  const fatalErrors: Error[] = []
  const jobManager = new JobManager(
    {
      clock,
      random: new SeededRandom(storage.files.size + 1),
      logger: silentLogger,
      threadHost,
      fileSystem: new MemoryFileSystem(),
      checkpointStorage: (directory) => new FileSystemCheckpointStorage(checkpointFiles, directory),
      readLog: async () => [],
      lastHeartbeatAgoMs: () => 0,
      highAvailability: new FileSystemHighAvailability(storage, silentLogger, 'test'),
      onFatalError: (error) => fatalErrors.push(error),
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
  return { jobManager, dispatcher: jobManager.dispatcher, clock, threadHost, fatalErrors }
}

async function startWithJob(storage: MemoryStorage) {
  const started = await start(storage)
  await started.dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  const jobId = await started.dispatcher.submitJob(submission)
  return { ...started, jobId }
}

/** How long a request waits, and the store is left alone at first. */
const endStoredMs = 3_000
const removalRetryMs = 2_000

/** Lets promises that can go on do so. */
async function flush(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Its job host says so. */
const moduleThrows = (): ScriptedThreadHost =>
  new ScriptedThreadHost((host, command) => {
    if (command.kind !== 'build-graph') return
    const failure = { code: 'JOB_MODULE_THREW', message: 'no', disposition: 'reject-request' }
    host.emit({
      kind: 'failed',
      failure: { ...failure, blame: 'user', stack: '', details: {} },
    } as never)
  })

test('the next JobManager runs the job under its id, with its arguments, and is asked for it', async () => {
  const storage = new MemoryStorage()
  const { jobId } = await startWithJob(storage)
  const { jobManager, dispatcher, threadHost } = await start(storage)
  assert.equal((await dispatcher.requestJob(jobId)).status, 'CREATED')
  assert.equal(jobManager.epoch, 2)
  const taskManager = new FakeTaskManager('tm-1', 1).register(jobManager.sessionServerHandler)
  taskManager.settle()
  assert.equal((await dispatcher.requestJob(jobId)).status, 'RUNNING')
  const [build] = threadHost.jobHosts[0]?.commands ?? []
  assert(build?.kind === 'build-graph')
  assert.deepEqual(build.args, { input: 'numbers' })
  assert.equal(build.config['parallelism.default'], '1')
  assert.deepEqual(
    (await dispatcher.listJobs()).map((job) => job.jobId),
    [jobId],
  )
})

test('a job that ended is not run again', async () => {
  const storage = new MemoryStorage()
  const { dispatcher, jobManager, jobId } = await startWithJob(storage)
  const taskManager = new FakeTaskManager('tm-1', 1).register(jobManager.sessionServerHandler)
  taskManager.settle()
  taskManager.report(taskManager.task('a/0'), 'RUNNING')
  taskManager.report(taskManager.task('a/0'), 'FINISHED')
  taskManager.settle()
  assert.equal((await dispatcher.requestJob(jobId)).status, 'FINISHED')
  await flush()
  const next = await start(storage)
  assert.deepEqual(await next.dispatcher.listJobs(), [])
  await assert.rejects(next.dispatcher.requestJob(jobId), { code: 'JOB_NOT_FOUND' })
})

test('an end is one when the store knows of it', async () => {
  const storage = new MemoryStorage()
  const { dispatcher, clock, jobId } = await startWithJob(storage)
  storage.isFull = true
  await dispatcher.cancelJob(jobId)
  const early = dispatcher.requestJob(jobId)
  await flush()
  clock.advance(endStoredMs)
  await assert.rejects(early, { code: 'JOB_END_NOT_STORED', message: /CANCELED.*no space for/ })
  const late = dispatcher.requestJob(jobId)
  await flush()
  storage.isFull = false
  clock.advance(removalRetryMs)
  assert.equal((await late).status, 'CANCELED')
  assert.deepEqual(await (await start(storage)).dispatcher.listJobs(), [])
})

test('a job that is given up while it is recovered is gone when the store knows of it', async () => {
  const storage = new MemoryStorage()
  const { jobId } = await startWithJob(storage)
  const { dispatcher, clock } = await start(storage, moduleThrows())
  await flush()
  storage.isFull = true
  await dispatcher.cancelJob(jobId)
  await flush()
  const early = dispatcher.requestJob(jobId)
  await flush()
  clock.advance(endStoredMs)
  await assert.rejects(early, { code: 'JOB_END_NOT_STORED', message: /is over, .*no space for/ })
  const late = dispatcher.requestJob(jobId)
  await flush()
  storage.isFull = false
  clock.advance(removalRetryMs)
  await assert.rejects(late, { code: 'JOB_NOT_FOUND', disposition: 'reject-request' })
  assert.deepEqual(await (await start(storage)).dispatcher.listJobs(), [])
})

test('a job whose submission failed is not run by anybody', async () => {
  const storage = new MemoryStorage()
  const { dispatcher } = await start(storage, moduleThrows())
  await dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  await assert.rejects(dispatcher.submitJob(submission), { code: 'JOB_MODULE_THREW' })
  await flush()
  assert.deepEqual(await (await start(storage)).dispatcher.listJobs(), [])
})

test('a job that cannot be recovered stays, is tried again, and can be given up', async () => {
  const storage = new MemoryStorage()
  const { jobId } = await startWithJob(storage)
  const { dispatcher, clock, threadHost } = await start(storage, moduleThrows())
  await flush()
  const [job] = await dispatcher.listJobs()
  assert.deepEqual([job?.jobId, job?.status, job?.restartCount], [jobId, 'INITIALIZING', 1])
  const asked = assert.rejects(dispatcher.requestJob(jobId), {
    code: 'JOB_NOT_FOUND',
    disposition: 'retry',
    message: /is being recovered .*; \d tr.* failed, .*; the last try failed: JOB_MODULE_THREW: no/,
  })
  clock.advance(1_000)
  await flush()
  assert.equal(threadHost.jobHosts.length, 2)
  clock.advance(2_000)
  await flush()
  assert.equal(threadHost.jobHosts.length, 3)
  await asked
  const askedAgain = dispatcher.requestJob(jobId)
  clock.advance(3_000)
  await assert.rejects(askedAgain, {
    message: /; 3 tries failed, the next is in 1000 ms; .* `millrace cancel` gives it up/,
    details: { jobId, failureCount: 3, nextTryInMs: 1_000 },
  })
  const later = await start(storage)
  assert.equal((await later.dispatcher.requestJob(jobId)).status, 'CREATED')
  const last = await start(storage, moduleThrows())
  await flush()
  await last.dispatcher.cancelJob(jobId)
  await flush()
  assert.deepEqual(await last.dispatcher.listJobs(), [])
  assert.deepEqual(await (await start(storage)).dispatcher.listJobs(), [])
})

test('a job that is canceled before its recovery comes so far as to build it never runs', async () => {
  const storage = new MemoryStorage()
  const { jobId } = await startWithJob(storage)
  const { dispatcher, threadHost } = await start(storage)
  await dispatcher.cancelJob(jobId)
  await flush()
  assert.deepEqual(await dispatcher.listJobs(), [])
  assert.equal(threadHost.jobHosts.length, 0)
  assert.deepEqual(await (await start(storage)).dispatcher.listJobs(), [])
})

test('a job is recovered though its checkpoints cannot be written, which refuses new ones', async () => {
  const storage = new MemoryStorage()
  const config = {
    'execution.checkpointing.interval': '1 s',
    'execution.checkpointing.dir': '/checkpoints',
  }
  const threadHost = threadHostFor(sketchGraph([{ name: 'a', parallelism: 1 }], [], config))
  const files = new MemoryFileSystem()
  const first = await start(storage, threadHost, files)
  await first.dispatcher.uploadBundle(bundle.reference, bundle.chunks())
  const jobId = await first.dispatcher.submitJob(submission)
  files.isFull = true
  await assert.rejects(first.dispatcher.submitJob(submission), {
    code: 'CHECKPOINT_DIRECTORY_UNUSABLE',
  })
  const next = await start(storage, threadHost, files)
  assert.equal((await next.dispatcher.requestJob(jobId)).status, 'CREATED')
})

test('closing leaves jobs to the next JobManager, and cancels none', async () => {
  const storage = new MemoryStorage()
  const { jobManager, jobId, threadHost } = await startWithJob(storage)
  const taskManager = new FakeTaskManager('tm-1', 1).register(jobManager.sessionServerHandler)
  taskManager.settle()
  await jobManager.close()
  assert.equal(taskManager.isOpen, false)
  assert.ok(threadHost.jobHosts[0]?.isEnded)
  const { dispatcher } = await start(storage)
  assert.equal((await dispatcher.requestJob(jobId)).status, 'CREATED')
})

test('a JobManager with a successor notices by itself, and takes in no job', async () => {
  const storage = new MemoryStorage()
  const { dispatcher, clock, fatalErrors } = await startWithJob(storage)
  clock.advance(1_000)
  await flush()
  assert.equal(fatalErrors.length, 0)
  await start(storage)
  await assert.rejects(dispatcher.submitJob(submission), { code: 'JOB_MANAGER_SUPERSEDED' })
  clock.advance(1_000)
  await flush()
  const [error] = fatalErrors
  assert(error instanceof MillraceError)
  assert.equal(error.code, 'JOB_MANAGER_SUPERSEDED')
  assert.match(
    error.message,
    /had epoch 1 of \/ha, but another JobManager took it over with epoch 2/,
  )
})
