import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointStorage, MillraceError } from '@millrace/core'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'
import { FaultyFileSystem } from './file-system-test-support.ts'
import { readStateBlob, writeStateBlob } from './state-blob.ts'

function memoryStorage(files: Map<string, Uint8Array>): CheckpointStorage {
  const absent = (): never => assert.fail('not asked for')
  return {
    location: '/storage',
    write: async (name, content) => {
      files.set(name, content)
    },
    create: absent,
    read: async (name) => files.get(name) ?? assert.fail(`no ${name}`),
    readRange: absent,
    copyFrom: absent,
    delete: absent,
    list: absent,
    inspect: absent,
    removeEmptyFolders: absent,
  }
}

const place = { folder: 'attempt', checkpointId: 7, inlineSizeMaxBytes: 3 }

test('few bytes stay inline, many go into a file that is named by its hash', async () => {
  const files = new Map<string, Uint8Array>()
  const storage = memoryStorage(files)
  const few = await writeStateBlob(storage, place, new Uint8Array([1, 2, 3]))
  assert.equal(few.kind, 'inline')
  assert.equal(files.size, 0)
  const many = await writeStateBlob(storage, place, new Uint8Array([1, 2, 3, 4]))
  assert.match([...files.keys()].join(), /^attempt\/7-[0-9a-f]{64}$/)
  assert.deepEqual(await readStateBlob(storage, few), new Uint8Array([1, 2, 3]))
  assert.deepEqual(await readStateBlob(storage, many), new Uint8Array([1, 2, 3, 4]))
})

test('a file that was cut or changed is refused', async () => {
  const files = new Map<string, Uint8Array>()
  const storage = memoryStorage(files)
  const blob = await writeStateBlob(storage, place, new Uint8Array([1, 2, 3, 4]))
  const [name = ''] = files.keys()
  files.set(name, new Uint8Array([1, 2, 3]))
  await assert.rejects(readStateBlob(storage, blob), { code: 'CHECKPOINT_CORRUPT' })
  files.set(name, new Uint8Array([1, 2, 3, 5]))
  await assert.rejects(readStateBlob(storage, blob), { code: 'CHECKPOINT_CORRUPT' })
})

test('a file that is gone is refused too, one that cannot be read now is not damaged', async () => {
  const files = new FaultyFileSystem()
  const disk = new FileSystemCheckpointStorage(files, '/checkpoints/job')
  const blob = await writeStateBlob(disk, place, new Uint8Array([1, 2, 3, 4]))
  files.fault = (_operation, path) => {
    throw new MillraceError('FILE_READ_FAILED', `${path} could not be read: EIO.`)
  }
  await assert.rejects(readStateBlob(disk, blob), { code: 'FILE_READ_FAILED' })
  files.fault = () => {}
  files.files.clear()
  await assert.rejects(readStateBlob(disk, blob), {
    code: 'CHECKPOINT_CORRUPT',
    message: /^\/checkpoints\/job\/attempt\/7-[0-9a-f]{64} is not .* it is not there\./,
  })
})
