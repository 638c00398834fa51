import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, type TestContext, test } from 'node:test'
import { type CheckpointStorage, MillraceError, silentLogger } from '@millrace/core'
import {
  checkpointMetadataName,
  FileSystemCheckpointStorage,
  writeCheckpointMetadata,
} from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import { twoTasks } from '../coordinator/checkpoint-bench-test-support.ts'
import {
  type JobCheckpointLog,
  noCheckpointLog,
  noCheckpoints,
  type RestoredCheckpoints,
} from './job-checkpoint-log.ts'
import { takeOverCheckpoints } from './take-over-checkpoints.ts'

let files: MemoryFileSystem
let storage: CheckpointStorage

beforeEach(() => {
  files = new MemoryFileSystem()
  storage = new FileSystemCheckpointStorage(files, '/checkpoints/job')
})

function takeOver(
  restored: RestoredCheckpoints,
  more: { storage?: CheckpointStorage; log?: Partial<JobCheckpointLog> } = {},
): Promise<RestoredCheckpoints> {
  const log = { ...noCheckpointLog, ...more.log }
  return takeOverCheckpoints({ storage, logger: silentLogger, ...more, log }, restored)
}

function stateName(checkpointId: number): string {
  return `attempt/${checkpointId}-${'a'.repeat(64)}`
}

/** Checkpoints 1 and 2, whose metadata is there, and each of which names a file of its own. */
async function twoCheckpoints() {
  const job = twoTasks()
  const stored = [1, 2].map((checkpointId) => {
    job.take(checkpointId, [stateName(checkpointId)])
    return job.toStore(checkpointId)
  })
  for (const each of stored) await writeCheckpointMetadata(storage, each)
  return stored
}

test('where nothing lies the job begins as it would have', async () => {
  assert.deepEqual(await takeOver(noCheckpoints), { ...noCheckpoints, abandoned: [] })
})

test('metadata that nobody remembers is abandoned, with all it names; its id is used', async () => {
  const [first] = await twoCheckpoints()
  assert.ok(first !== undefined)
  const { abandoned, nextCheckpointId } = await takeOver({
    completed: [first],
    nextCheckpointId: 2,
  })
  assert.deepEqual(abandoned, [{ checkpointId: 2, names: [stateName(2)] }])
  assert.equal(nextCheckpointId, 3)
  const all = await takeOver(noCheckpoints)
  assert.deepEqual(
    all.abandoned?.map(({ checkpointId }) => checkpointId),
    [1, 2],
  )
})

test('the next id is one that no file has, be it state or metadata', async () => {
  files.files.set(`/checkpoints/job/${stateName(9)}`, new Uint8Array())
  assert.equal((await takeOver(noCheckpoints)).nextCheckpointId, 10)
  assert.equal((await takeOver({ completed: [], nextCheckpointId: 12 })).nextCheckpointId, 12)
})

test('damaged metadata is abandoned too; storage that is away is tried again', async () => {
  files.files.set(`/checkpoints/job/${checkpointMetadataName(4)}`, Uint8Array.of(1))
  const { abandoned, nextCheckpointId } = await takeOver(noCheckpoints)
  assert.deepEqual([abandoned, nextCheckpointId], [[{ checkpointId: 4, names: [] }], 5])
  files.readFile = () => Promise.reject(new MillraceError('FILE_READ_FAILED', 'no answer'))
  await assert.rejects(takeOver(noCheckpoints), { code: 'FILE_READ_FAILED' })
})

/** A directory on disk with what a JobManager leaves that dies while it completes checkpoints. */
function deserted(context: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
  context.after(() => rmSync(root, { recursive: true }))
  const directory = join(root, 'job')
  for (const folder of ['attempt', 'chk-2', 'chk-3', 'other-attempt']) {
    mkdirSync(join(directory, folder), { recursive: true })
  }
  for (const file of ['attempt/1-x', 'attempt/2-y.tmp', 'chk-2/_metadata.a.tmp']) {
    writeFileSync(join(directory, file), '')
  }
  return new FileSystemCheckpointStorage(new NodeFileSystem(), directory)
}

test('metadata that was not finished is deleted, and empty folders', async (context) => {
  const onDisk = deserted(context)
  await takeOver(noCheckpoints, { storage: onDisk })
  assert.deepEqual(readdirSync(onDisk.location), ['attempt'])
  const names = (await onDisk.inspect('')).map(({ name }) => name)
  const expected = ['attempt/1-x', 'attempt/2-y.tmp']
  assert.deepEqual(names, expected, 'a task of the earlier JobManager may still write')
})

test('where another JobManager leads by then, what is unfinished is left to it', async (context) => {
  const onDisk = deserted(context)
  const before = await onDisk.inspect('')
  const confirmLeadership = () =>
    Promise.reject(new MillraceError('JOB_MANAGER_SUPERSEDED', 'not any more'))
  const takenOver = takeOver(noCheckpoints, { storage: onDisk, log: { confirmLeadership } })
  await assert.rejects(takenOver, { code: 'JOB_MANAGER_SUPERSEDED' })
  assert.deepEqual(await onDisk.inspect(''), before)
})

test('who was stopped before its metadata had a name completes nothing when it wakes', async (t) => {
  const onDisk = deserted(t)
  const job = twoTasks()
  job.take(1)
  const wake = Promise.withResolvers<void>()
  const asleep = Promise.withResolvers<void>()
  let askedCount = 0
  const confirm = () => {
    askedCount += 1
    asleep.resolve()
    if (askedCount === 1) return wake.promise
    return Promise.reject(new MillraceError('JOB_MANAGER_SUPERSEDED', 'not any more'))
  }
  const written = writeCheckpointMetadata(onDisk, job.toStore(1), confirm)
  await asleep.promise
  const { abandoned } = await takeOver(noCheckpoints, { storage: onDisk })
  assert.deepEqual(abandoned, [])
  wake.resolve()
  await assert.rejects(written, { code: 'JOB_MANAGER_SUPERSEDED' })
  const names = (await onDisk.inspect('')).map(({ name }) => name)
  assert.deepEqual(names, ['attempt/1-x', 'attempt/2-y.tmp'])
})
