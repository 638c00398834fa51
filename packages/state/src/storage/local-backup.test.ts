import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, silentLogger } from '@millrace/core'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { BackedUpCheckpointStorage } from './backed-up-checkpoint-storage.ts'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'
import { diskFull, FaultyFileSystem, stateFileName } from './file-system-test-support.ts'
import { LocalBackup } from './local-backup.ts'

const content = new Uint8Array([1, 2, 3, 4])
const name = stateFileName('attempt', 7, content)
const localPath = `/local/${name}`

function setting() {
  const durableDisk = new FaultyFileSystem()
  const localDisk = new FaultyFileSystem()
  const warnings: string[] = []
  const logger: Logger = { ...silentLogger, warn: (event) => warnings.push(event) }
  const local = new LocalBackup(localDisk, new TestClock(), logger, '/local')
  const durable = new FileSystemCheckpointStorage(durableDisk, '/checkpoints')
  const storage = new BackedUpCheckpointStorage(durable, local)
  return { durableDisk, localDisk, warnings, storage }
}

test('what is written is in checkpoint storage and on the local disk, and read from there', async () => {
  const { durableDisk, localDisk, storage, warnings } = setting()
  await storage.write(name, content)
  assert.deepEqual(durableDisk.files.get(`/checkpoints/${name}`), content)
  assert.deepEqual(localDisk.files.get(localPath), content)
  assert.deepEqual(await storage.read(name), content)
  assert.deepEqual(durableDisk.reads, [])
  assert.deepEqual(warnings, [])
})

test('a local copy that is damaged, cut or gone is not used, and the damage is said', async () => {
  const { durableDisk, localDisk, storage, warnings } = setting()
  await storage.write(name, content)
  for (const bytes of [new Uint8Array([1, 2, 3, 5]), content.subarray(1), new Uint8Array()]) {
    localDisk.files.set(localPath, bytes)
    assert.deepEqual(await storage.read(name), content)
  }
  assert.deepEqual(
    new Set(warnings),
    new Set(['local copy is damaged, checkpoint storage is read']),
  )
  assert.equal(warnings.length, 3)
  localDisk.files.delete(localPath)
  assert.deepEqual(await storage.read(name), content)
  assert.equal(warnings.length, 3, 'that another machine wrote it is nothing to warn of')
  assert.equal(durableDisk.reads.length, 4)
})

test('a local disk that cannot be written fails no write, and is warned of once', async () => {
  const { durableDisk, localDisk, storage, warnings } = setting()
  localDisk.fault = (operation, path) => {
    if (operation === 'write') throw diskFull(path)
  }
  await storage.write(name, content)
  await storage.write(stateFileName('attempt', 8, content), content)
  assert.deepEqual(warnings, ['local copy not written'])
  assert.equal(durableDisk.files.size, 2)
  assert.deepEqual(await storage.read(name), content)
})

test('a local disk that cannot be read fails no read', async () => {
  const { localDisk, storage, warnings } = setting()
  await storage.write(name, content)
  localDisk.fault = () => {
    throw new Error('EIO')
  }
  assert.deepEqual(await storage.read(name), content)
  assert.deepEqual(warnings, ['local copy not readable'])
})

test('a write that checkpoint storage refuses fails, whatever the local disk has', async () => {
  const { durableDisk, storage } = setting()
  durableDisk.fault = (_, path) => {
    throw diskFull(path)
  }
  await assert.rejects(storage.write(name, content), { code: 'FILE_WRITE_FAILED' })
})
