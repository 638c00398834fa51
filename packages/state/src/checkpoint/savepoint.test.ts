import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckpointStorage, CompletedCheckpoint } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { encodeCheckpointMetadata } from './checkpoint-metadata.ts'
import { checkpointOf } from './completed-checkpoint-test-support.ts'
import {
  disposeSavepoint,
  readSavepointMetadata,
  savepointMetadataName,
  writeSavepoint,
} from './savepoint.ts'

const names = Array.from(
  { length: 20 },
  (_, file) => `attempt-${file % 3}/7-${`${file}`.padStart(64, '0')}`,
)
const checkpoint: CompletedCheckpoint = checkpointOf(7, names)
const always = { isWanted: () => true, onCopied: () => {} }

function storageOfJob(): MemoryCheckpointStorage {
  const storage = new MemoryCheckpointStorage()
  for (const name of names) storage.files.set(name, Uint8Array.of(1, 2, 3))
  return storage
}

test('a savepoint holds every file of its checkpoint, and says that it is one', async () => {
  const target = new MemoryCheckpointStorage()
  let copied = 0
  const writing = { isWanted: () => true, onCopied: () => copied++ }
  await writeSavepoint(storageOfJob(), target, checkpoint, writing)
  assert.equal(copied, names.length)
  assert.deepEqual(
    [...target.files.keys()].toSorted(),
    [savepointMetadataName, ...names].toSorted(),
  )
  assert.deepEqual(await readSavepointMetadata(target), { ...checkpoint, kind: 'savepoint' })
})

test('the metadata comes last', async () => {
  const target = new MemoryCheckpointStorage()
  await writeSavepoint(storageOfJob(), target, checkpoint, always)
  assert.equal([...target.files.keys()].at(-1), savepointMetadataName)
})

test('where a file cannot be copied nothing is left', async () => {
  const source = storageOfJob()
  source.files.delete(names[11] as string)
  const target = new MemoryCheckpointStorage()
  const written = writeSavepoint(source, target, checkpoint, always)
  await assert.rejects(written, { code: 'FILE_NOT_FOUND' })
  assert.equal(target.files.size, 0)
})

test('where the metadata cannot be written nothing is left', async () => {
  const target = new MemoryCheckpointStorage()
  const full: CheckpointStorage = Object.assign(target, {
    create: () => Promise.reject(new Error('no space left')),
  })
  await assert.rejects(writeSavepoint(storageOfJob(), full, checkpoint, always), /no space left/)
  assert.equal(target.files.size, 0)
})

test('one that is not wanted any more is given up, and nothing is left', async () => {
  const target = new MemoryCheckpointStorage()
  let copied = 0
  const writing = { isWanted: () => copied < 5, onCopied: () => copied++ }
  const written = writeSavepoint(storageOfJob(), target, checkpoint, writing)
  await assert.rejects(written, { code: 'CHECKPOINT_ABORTED' })
  assert.ok(copied < names.length)
  assert.equal(target.files.size, 0)
})

test('one that is not wanted when all is copied is given up as well', async () => {
  const target = new MemoryCheckpointStorage()
  let copied = 0
  const writing = { isWanted: () => copied < names.length, onCopied: () => copied++ }
  const written = writeSavepoint(storageOfJob(), target, checkpoint, writing)
  await assert.rejects(written, { code: 'CHECKPOINT_ABORTED' })
  assert.equal(target.files.size, 0)
})

test('what was there before stays as it is', async () => {
  const target = new MemoryCheckpointStorage()
  target.files.set(savepointMetadataName, Uint8Array.of(9))
  const written = writeSavepoint(storageOfJob(), target, checkpoint, always)
  await assert.rejects(written, { code: 'CHECKPOINT_FAILED' })
  assert.deepEqual(target.files.get(savepointMetadataName), Uint8Array.of(9))
})

test('disposal deletes the metadata first, and nothing that it does not name', async () => {
  const target = new MemoryCheckpointStorage()
  await writeSavepoint(storageOfJob(), target, checkpoint, always)
  target.files.set('notes.txt', Uint8Array.of(1))
  const deleted: string[] = []
  const remove = target.delete.bind(target)
  const recording: CheckpointStorage = Object.assign(target, {
    delete: (name: string) => {
      deleted.push(name)
      return remove(name)
    },
  })
  await disposeSavepoint(recording)
  assert.equal(deleted[0], savepointMetadataName)
  assert.deepEqual([...target.files.keys()], ['notes.txt'])
})

test('what is no savepoint is not disposed of', async () => {
  const nothing = storageOfJob()
  await assert.rejects(disposeSavepoint(nothing), { code: 'SAVEPOINT_NOT_FOUND' })
  const ofJob = storageOfJob()
  ofJob.files.set(savepointMetadataName, encodeCheckpointMetadata(checkpoint))
  await assert.rejects(disposeSavepoint(ofJob), /it is checkpoint 7 of job 0123/)
  const damaged = storageOfJob()
  damaged.files.set(savepointMetadataName, Uint8Array.of(1, 2, 3))
  await assert.rejects(disposeSavepoint(damaged), { code: 'CHECKPOINT_CORRUPT' })
  for (const { files } of [nothing, ofJob, damaged]) assert.ok(files.size >= names.length)
})
