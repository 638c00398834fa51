import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type CheckpointStorage,
  ExecutionAttemptId,
  JobId,
  type JobStatus,
  MillraceError,
  silentLogger,
} from '@millrace/core'
import type { CheckpointRetention } from '@millrace/core/config'
import { FileSystemCheckpointStorage, readStoredCheckpoints } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { ManualClock } from '../../manual-clock-test-support.ts'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import type { JobSchedulerEvent } from '../../scheduler/job-scheduler-event.ts'
import { pair } from '../../scheduler/job-scheduler-test-support.ts'
import { CheckpointBench, metricsOfTest } from '../coordinator/checkpoint-bench-test-support.ts'
import type { AcknowledgedCheckpoint } from '../coordinator/checkpoint-command.ts'
import { CheckpointExecutor } from './checkpoint-executor.ts'
import { type JobCheckpointLog, noCheckpointLog } from './job-checkpoint-log.ts'

function acknowledged(checkpointId: number): AcknowledgedCheckpoint {
  return { checkpointId, vertices: [], coordinators: [], metrics: metricsOfTest }
}

function start(
  more: {
    log?: Partial<JobCheckpointLog>
    storage?: CheckpointStorage
    wrap?: (storage: CheckpointStorage) => void
  } = {},
) {
  const files = new MemoryFileSystem()
  const { storage = new FileSystemCheckpointStorage(files, '/checkpoints/job') } = more
  more.wrap?.(storage)
  const events: JobSchedulerEvent[] = []
  const executor = new CheckpointExecutor({
    jobId: JobId.parse('a'.repeat(32)),
    jobName: 'job',
    clock: new ManualClock(),
    logger: silentLogger,
    storage,
    storageOf: (location) => new FileSystemCheckpointStorage(files, location),
    log: { ...noCheckpointLog, epoch: 3, ...more.log },
    taskExecutor: () => undefined,
    jobHost: { post: () => {} },
    handle: (event) => events.push(event),
  })
  return { executor, storage, events, files }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

test('a checkpoint is said to be stored when its metadata is durable and remembered', async () => {
  const remembered: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const { executor, storage, events } = start({
    log: {
      onCompleted: ({ checkpointId }) => {
        remembered.push(checkpointId)
        return promise
      },
    },
  })
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(1) })
  await flush()
  assert.deepEqual(remembered, [1])
  assert.deepEqual(events, [], 'nobody is told before it is remembered')
  resolve()
  await flush()
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['checkpoint-stored'],
  )
  const { completed } = await readStoredCheckpoints(storage)
  assert.deepEqual(
    completed.map(({ checkpointId, epoch }) => [checkpointId, epoch]),
    [[1, 3]],
  )
})

test('metadata that another JobManager wrote is left as it is, and fails the checkpoint', async () => {
  const { executor, storage, events } = start()
  await storage.create('chk-1/_metadata', Uint8Array.of(1))
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(1) })
  await flush()
  const [event] = events
  assert.ok(event?.kind === 'checkpoint-not-stored')
  assert.match(event.failure.message, /exists already\. Another JobManager wrote it/)
  assert.deepEqual(await storage.read('chk-1/_metadata'), Uint8Array.of(1))
})

test('a full disk fails the checkpoint, and the next one is stored', async () => {
  const { executor, files, events } = start()
  files.isFull = true
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(1) })
  await flush()
  files.isFull = false
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(2) })
  await flush()
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['checkpoint-not-stored', 'checkpoint-stored'],
  )
})

test('checkpoints are stored one after the other, however long each takes', async () => {
  const writing: (() => void)[] = []
  const { executor, events } = start({
    wrap: (storage) => {
      const create = storage.create.bind(storage)
      storage.create = async (name, content) => {
        await new Promise<void>((resolve) => writing.push(resolve))
        return create(name, content)
      }
    },
  })
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(1) })
  executor.execute({ kind: 'store-checkpoint', checkpoint: acknowledged(2) })
  await flush()
  assert.equal(writing.length, 1)
  writing[0]?.()
  await flush()
  writing[1]?.()
  await flush()
  const ids = events.map((event) =>
    event.kind === 'checkpoint-stored' ? event.checkpoint.checkpointId : event.kind,
  )
  assert.deepEqual(ids, [1, 2])
})

test('nothing is deleted by a JobManager that is not the leader any more', async () => {
  const refuse = () => Promise.reject(new MillraceError('JOB_MANAGER_SUPERSEDED', 'not any more'))
  const { executor, storage } = start({
    log: { confirmLeadership: refuse, onJobEnded: refuse },
  })
  await storage.write('attempt/1-x', Uint8Array.of(1))
  executor.execute({
    kind: 'delete-checkpoint-files',
    names: ['attempt/1-x'],
    checkpointIds: [],
  })
  await executor.finish('FINISHED', 'DELETE_ON_CANCELLATION', coordinatorWith('s1'))
  assert.deepEqual(await storage.list(''), ['attempt/1-x'])
})

test('what an attempt left that is over is deleted, but for what is named still', async () => {
  const { executor, storage } = start()
  const attemptId = ExecutionAttemptId.parse('over')
  for (const name of ['over/1-named', 'over/1-orphan', 'other/1-orphan', 'chk-1/_metadata']) {
    await storage.write(name, Uint8Array.of(1))
  }
  const keptNames = new Set(['over/1-named'])
  executor.execute({ kind: 'delete-files-of-attempt', attemptId, keptNames })
  await flush()
  const left = ['chk-1/_metadata', 'other/1-orphan', 'over/1-named']
  assert.deepEqual([...(await storage.list(''))].sort(), left)
})

/** A directory on disk with what a JobManager leaves that dies while it completes checkpoints. */
function abandoned(context: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
  context.after(() => rmSync(root, { recursive: true }))
  const directory = join(root, 'job')
  for (const folder of ['attempt', 'chk-1', 'chk-2', 'chk-3', 'other-attempt']) {
    mkdirSync(join(directory, folder), { recursive: true })
  }
  for (const file of [
    'attempt/1-x',
    'attempt/2-y.tmp',
    'chk-1/_metadata',
    'chk-2/_metadata.a.tmp',
  ]) {
    writeFileSync(join(directory, file), '')
  }
  return new FileSystemCheckpointStorage(new NodeFileSystem(), directory)
}

test('of a job that is over and keeps no checkpoint not even a folder stays', async (t) => {
  const storage = abandoned(t)
  const { executor } = start({ storage })
  await executor.finish('FINISHED', 'DELETE_ON_CANCELLATION', coordinatorWith('attempt/1-x'))
  assert.equal(existsSync(storage.location), false)
})

const ends: [JobStatus, CheckpointRetention, isKept: boolean][] = [
  ['FINISHED', 'DELETE_ON_CANCELLATION', false],
  ['FINISHED', 'RETAIN_ON_CANCELLATION', false],
  ['CANCELED', 'DELETE_ON_CANCELLATION', false],
  ['CANCELED', 'RETAIN_ON_CANCELLATION', true],
  ['FAILED', 'DELETE_ON_CANCELLATION', true],
  ['FAILED', 'NO_EXTERNALIZED_CHECKPOINTS', false],
]
for (const [status, retention, isKept] of ends) {
  const what = isKept ? 'the retained checkpoints' : 'no checkpoints'
  test(`of a job that is ${status}, with ${retention}, ${what} stay`, async () => {
    const { executor, storage } = start()
    const coordinator = coordinatorWith('attempt/s1')
    for (const name of ['attempt/s1', 'attempt/orphan', 'chk-1/_metadata']) {
      await storage.write(name, Uint8Array.of(1))
    }
    await executor.finish(status, retention, coordinator)
    assert.deepEqual(await storage.list(''), isKept ? ['attempt/s1', 'chk-1/_metadata'] : [])
  })
}

/** Of a job that has completed checkpoint 1, which names this file. */
function coordinatorWith(file: string) {
  const job = new CheckpointBench(pair, [])
  job.take(1, [file])
  const { checkpoints } = job.bench.scheduler
  assert.ok(checkpoints !== undefined)
  return checkpoints
}
