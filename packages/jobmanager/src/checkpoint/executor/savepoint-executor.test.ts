import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  errorInfo,
  JobId,
  MillraceError,
  SavepointId,
  silentLogger,
} from '@millrace/core'
import {
  FileSystemCheckpointStorage,
  readSavepointMetadata,
  savepointMetadataName,
} from '@millrace/state'
import { ManualClock } from '../../manual-clock-test-support.ts'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import type { JobSchedulerEvent } from '../../scheduler/job-scheduler-event.ts'
import { snapshotOf, twoTasks } from '../coordinator/checkpoint-bench-test-support.ts'
import { noCheckpointLog } from './job-checkpoint-log.ts'
import { SavepointExecutor } from './savepoint-executor.ts'

const names = [1, 2, 3].map((file) => `attempt/4-${`${file}`.padStart(64, '0')}`)
const savepointId = SavepointId.parse('a'.repeat(12))
const request = { savepointId, goal: 'savepoint', location: '/savepoints/one' } as const
const failure = errorInfo(new MillraceError('CHECKPOINT_ABORTED', 'a task failed'))

function checkpoint(): CompletedCheckpoint {
  const job = twoTasks()
  job.pass(1_000)
  job.acknowledgeAll(1)
  const [vertex] = job.toStore(1).vertices
  assert.ok(vertex !== undefined)
  const subtasks = [snapshotOf('a0', { files: names })]
  return { ...job.toStore(1), checkpointId: 4, vertices: [{ ...vertex, subtasks }] }
}

async function start() {
  const files = new MemoryFileSystem()
  const storage = new FileSystemCheckpointStorage(files, '/checkpoints/job')
  for (const name of names) await storage.write(name, Uint8Array.of(1))
  const events: JobSchedulerEvent[] = []
  const opened: CheckpointStorage[] = []
  let gate: Promise<void> = Promise.resolve()
  const executor = new SavepointExecutor({
    jobId: JobId.parse('a'.repeat(32)),
    jobName: 'job',
    clock: new ManualClock(),
    logger: silentLogger,
    storage,
    storageOf: (location) => {
      const target = new FileSystemCheckpointStorage(files, location)
      const copyFrom = target.copyFrom.bind(target)
      const gated = Object.assign(target, {
        copyFrom: (source: CheckpointStorage, name: string) =>
          gate.then(() => copyFrom(source, name)),
      })
      opened.push(gated)
      return gated
    },
    log: noCheckpointLog,
    taskExecutor: () => undefined,
    jobHost: { post: () => {} },
    handle: (event) => events.push(event),
  })
  const { checkpoints } = twoTasks().bench.scheduler
  assert.ok(checkpoints !== undefined)
  return {
    executor,
    files,
    storage,
    events,
    detailsOf: (id: SavepointId) => executor.details(id, checkpoints),
    shut: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}

async function flush(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const target = (files: MemoryFileSystem) => new FileSystemCheckpointStorage(files, request.location)
const left = async (files: MemoryFileSystem) => (await target(files).inspect('')).length

test('a savepoint is answered when it is whole, and what was copied is told', async () => {
  const { executor, files, events, detailsOf } = await start()
  executor.onRequested(request)
  assert.equal(detailsOf(savepointId)?.fileCount, 0)
  executor.write(request, checkpoint())
  await flush()
  assert.deepEqual(events, [{ kind: 'savepoint-answered', savepointId, failure: undefined }])
  assert.equal((await readSavepointMetadata(target(files))).checkpointId, 4)
  executor.onCompleted(savepointId)
  const { state, copiedFileCount, fileCount, copiedBytes, sizeBytes } = detailsOf(savepointId) ?? {}
  assert.deepEqual([state, copiedFileCount, fileCount], ['completed', 3, 3])
  assert.equal(copiedBytes, sizeBytes)
})

test('a disk that is full is the answer, and nothing is left', async () => {
  const { executor, files, events } = await start()
  executor.onRequested(request)
  files.isFull = true
  executor.write(request, checkpoint())
  await flush()
  const [answer] = events
  assert.ok(answer?.kind === 'savepoint-answered' && answer.failure !== undefined)
  assert.equal(await left(files), 0)
})

test('one that fails meanwhile is not answered, and nothing is left', async () => {
  const { executor, files, events, shut, detailsOf } = await start()
  executor.onRequested(request)
  const open = shut()
  executor.write(request, checkpoint())
  await flush()
  executor.onFailed(savepointId, failure)
  open()
  await flush()
  assert.deepEqual(events, [])
  assert.equal(await left(files), 0)
  assert.equal(detailsOf(savepointId)?.failure?.message, 'a task failed')
})

test('one that fails when it is whole is deleted', async () => {
  const { executor, files } = await start()
  executor.onRequested(request)
  executor.write(request, checkpoint())
  await flush()
  executor.onFailed(savepointId, failure)
  await flush()
  assert.equal(await left(files), 0)
})

test('a job that is over waits for what is being copied', async () => {
  const { executor, files, shut, detailsOf } = await start()
  executor.onRequested(request)
  const open = shut()
  executor.write(request, checkpoint())
  let isOver = false
  const finished = executor.finish('FINISHED').then(() => {
    isOver = true
  })
  await flush()
  assert.equal(isOver, false)
  open()
  await finished
  assert.equal(detailsOf(savepointId)?.state, 'completed')
  assert.ok((await target(files).list('')).includes(savepointMetadataName))
})

test('a job that is canceled gives up what is being copied, and what waits', async () => {
  const { executor, files, shut, detailsOf } = await start()
  executor.onRequested(request)
  const open = shut()
  executor.write(request, checkpoint())
  const finished = executor.finish('CANCELED')
  open()
  await finished
  assert.match(detailsOf(savepointId)?.failure?.message ?? '', /the job is CANCELED/)
  assert.equal(await left(files), 0)
})

test('of those that are over the latest are remembered', async () => {
  const { executor, detailsOf } = await start()
  const ids = Array.from({ length: 25 }, (_, n) => SavepointId.parse(`${n}`.padStart(12, '0')))
  for (const id of ids) {
    executor.onRequested({ ...request, savepointId: id })
    executor.onFailed(id, failure)
  }
  assert.deepEqual(
    ids.map((id) => detailsOf(id) !== undefined),
    ids.map((_, n) => n >= 5),
  )
})
