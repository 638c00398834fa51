import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { type Clock, SeededRandom, s3StorageDefaults } from '@millrace/core'
import { HurriedClock } from '../s3/object-store-test-support.ts'
import { S3CheckpointStorage } from '../s3/s3-checkpoint-storage.ts'
import { CheckpointStorages } from './checkpoint-storages.ts'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'
import { FaultyFileSystem } from './file-system-test-support.ts'

const { cache } = createRequire(import.meta.url)

function storages(clock: Clock = new HurriedClock()): CheckpointStorages {
  const random = new SeededRandom(1)
  return new CheckpointStorages({
    ...{ clock, random, fileSystem: new FaultyFileSystem() },
    s3: { ...s3StorageDefaults, endpoint: 'http://127.0.0.1:9' },
  })
}

function isLibraryLoaded(): boolean {
  return Object.keys(cache).some((path) => path.includes('@aws-sdk'))
}

// The first: it asks what this process has loaded.
test('who has no object storage does not load its library', async () => {
  const ofDirectory = storages()
  const storage = ofDirectory.open('/checkpoints/job')
  assert.ok(storage instanceof FileSystemCheckpointStorage)
  await storage.write('a/1', Buffer.from('one'))
  assert.deepEqual(await ofDirectory.foldersIn('/checkpoints/job'), ['a/1'])
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(isLibraryLoaded(), false)
})

test('the scheme of a directory says what storage it is, and one that is not known is refused', () => {
  const storage = storages().open('s3://bucket/some/job')
  assert.ok(storage instanceof S3CheckpointStorage)
  assert.equal(storage.location, 's3://bucket/some/job')
  assert.throws(() => storages().open('gs://bucket/job'), { code: 'CONFIG_VALUE_INVALID' })
})

test('the library is loaded once an object storage is opened, before the first request', async () => {
  storages().open('s3://bucket/some/job')
  // It ends as soon as that is so; the file's time limit is the test.
  while (!isLibraryLoaded()) await new Promise((resolve) => setImmediate(resolve))
})
