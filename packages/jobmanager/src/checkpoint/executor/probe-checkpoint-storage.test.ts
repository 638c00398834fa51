import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointStorage, MillraceError } from '@millrace/core'
import { FileSystemCheckpointStorage } from '@millrace/state'
import { MemoryFileSystem } from '../../memory-file-system-test-support.ts'
import { probeCheckpointStorage } from './probe-checkpoint-storage.ts'

function storageThat(create: CheckpointStorage['create']): CheckpointStorage {
  const storage = new FileSystemCheckpointStorage(new MemoryFileSystem(), '/checkpoints/job')
  storage.create = create
  return storage
}

test('a storage that writes, and refuses what is there, is left as it was', async () => {
  const storage = new FileSystemCheckpointStorage(new MemoryFileSystem(), '/checkpoints/job')
  await probeCheckpointStorage(storage, true)
  assert.deepEqual(await storage.list(''), [])
})

test('what an earlier probe has left is no obstacle', async () => {
  const storage = new FileSystemCheckpointStorage(new MemoryFileSystem(), '/checkpoints/job')
  await storage.create('probe', new Uint8Array())
  await probeCheckpointStorage(storage, true)
})

test('a storage that overwrites what is to be written once is refused', async () => {
  const always: CheckpointStorage['create'] = async () => true
  const whatIsConfirmed: CheckpointStorage['create'] = async (_name, _content, confirm) =>
    confirm !== undefined
  for (const create of [always, whatIsConfirmed]) {
    await assert.rejects(probeCheckpointStorage(storageThat(create), false), {
      code: 'CHECKPOINT_DIRECTORY_UNUSABLE',
      message: /cannot be written to \/checkpoints\/job: .*does not know If-None-Match\. Make/,
    })
  }
})

test('a storage that fails is refused with what it says', async () => {
  const failing = storageThat(async () => {
    throw new MillraceError('FILE_WRITE_FAILED', 's3://b/k could not be created: AccessDenied.')
  })
  await assert.rejects(probeCheckpointStorage(failing, false), {
    code: 'CHECKPOINT_DIRECTORY_UNUSABLE',
    message: /could not be created: AccessDenied\.+ Make/,
  })
})

test('a storage that hides unfinished writes is refused where another JobManager may take over', async () => {
  const storage = new FileSystemCheckpointStorage(new MemoryFileSystem(), '/checkpoints/job')
  storage.inspect = async () => []
  await probeCheckpointStorage(storage, false)
  await assert.rejects(probeCheckpointStorage(storage, true), {
    code: 'CHECKPOINT_DIRECTORY_UNUSABLE',
    message: /does not list unfinished uploads below \/checkpoints\/job, which high availability/,
  })
})
