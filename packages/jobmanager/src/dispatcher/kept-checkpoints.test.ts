import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type CompletedCheckpoint, JobId, MillraceError, silentLogger } from '@millrace/core'
import {
  checkpointMetadataName,
  FileSystemCheckpointStorage,
  writeCheckpointMetadata,
} from '@millrace/state'
import { MemoryFileSystem } from '../memory-file-system-test-support.ts'
import { readKeptCheckpoints } from './kept-checkpoints.ts'

const directory = '/checkpoints/job'

let files: MemoryFileSystem

beforeEach(async () => {
  files = new MemoryFileSystem()
  for (const checkpointId of [4, 5])
    await writeCheckpointMetadata(storage(), completed(checkpointId))
})

function storage(): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage(files, directory)
}

function completed(checkpointId: number): CompletedCheckpoint {
  return {
    kind: 'checkpoint',
    jobId: JobId.parse('0'.repeat(32)),
    jobName: 'job',
    checkpointId,
    epoch: 1,
    triggeredAtMs: 1,
    completedAtMs: 2,
    vertices: [],
    coordinators: [],
  }
}

function read(...checkpointIds: readonly number[]) {
  const pointers = checkpointIds.map((checkpointId) => ({
    checkpointId,
    directory,
    restartCount: 0,
  }))
  return readKeptCheckpoints(() => storage(), silentLogger, pointers)
}

const idsOf = (checkpoints: readonly CompletedCheckpoint[]): readonly number[] =>
  checkpoints.map(({ checkpointId }) => checkpointId)

test('a job without a checkpoint begins anew, with the first id', async () => {
  assert.deepEqual(await read(), { completed: [], nextCheckpointId: 1 })
})

test('it goes on from its checkpoints, with an id that none of them has', async () => {
  const { completed: found, nextCheckpointId } = await read(4, 5)
  assert.deepEqual([idsOf(found), nextCheckpointId], [[4, 5], 6])
})

test('a damaged or missing checkpoint is left out while there is another one', async () => {
  const path = `${directory}/${checkpointMetadataName(5)}`
  const content = files.files.get(path)?.slice() ?? new Uint8Array()
  content[content.length - 6] = (content[content.length - 6] ?? 0) ^ 1
  files.files.set(path, content)
  assert.deepEqual(idsOf((await read(4, 5)).completed), [4])
  files.files.delete(path)
  assert.deepEqual(idsOf((await read(4, 5)).completed), [4])
})

test('where none can be read the job does not begin anew in silence', async () => {
  files.files.clear()
  await assert.rejects(read(4, 5), (error: MillraceError) => {
    assert.deepEqual([error.code, error.disposition], ['CHECKPOINT_CORRUPT', 'retry'])
    assert.match(error.message, /not even the newest, \/checkpoints\/job\/chk-5\/_metadata: /)
    return true
  })
})

test('storage that is away is no damage: it is tried again', async () => {
  files.readFile = () => Promise.reject(new MillraceError('FILE_READ_FAILED', 'no answer'))
  await assert.rejects(read(4, 5), { code: 'FILE_READ_FAILED' })
})
