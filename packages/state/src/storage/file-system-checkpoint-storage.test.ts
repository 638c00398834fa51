import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileSystemCheckpointStorage } from './file-system-checkpoint-storage.ts'
import { diskFull, FaultyFileSystem } from './file-system-test-support.ts'

test('a full disk rejects the write with its path and leaves nothing', async () => {
  const files = new FaultyFileSystem()
  const storage = new FileSystemCheckpointStorage(files, '/checkpoints/job/')
  files.fault = (operation, path) => {
    if (operation === 'write') throw diskFull(path)
  }
  for (const write of [storage.write('a/1', bytes), storage.create('chk-1/_metadata', bytes)]) {
    await assert.rejects(write, {
      code: 'FILE_WRITE_FAILED',
      message: /^\/checkpoints\/job\/(a\/1|chk-1\/_metadata) could not be written/,
    })
  }
  assert.deepEqual(await storage.inspect(''), [])
  files.fault = () => {}
  await storage.write('a/1', bytes)
  assert.equal(await storage.create('chk-1/_metadata', bytes), true)
})

test('a folder that another process deleted in between is made again', async () => {
  const files = new FaultyFileSystem()
  const storage = new FileSystemCheckpointStorage(files, '/checkpoints/job')
  const made: string[] = []
  files.makeDirectory = async (path) => {
    made.push(path)
  }
  await storage.write('a/1', bytes)
  await storage.write('a/2', bytes)
  assert.deepEqual(made, ['/checkpoints/job/a'])
  let failures = 0
  files.fault = (operation, path) => {
    if (operation === 'write' && failures++ < 2) throw diskFull(path)
  }
  await storage.write('a/3', bytes)
  assert.deepEqual(made, Array(3).fill('/checkpoints/job/a'))
  assert.deepEqual(await storage.list('a'), ['a/1', 'a/2', 'a/3'])
})

test('a file that is not there is named with what to look at', async () => {
  const storage = new FileSystemCheckpointStorage(new FaultyFileSystem(), '/checkpoints/job')
  await assert.rejects(storage.read('a/1'), {
    code: 'FILE_NOT_FOUND',
    message: /\/checkpoints\/job\/a\/1 does not exist .*execution\.checkpointing\.dir/,
  })
})

const bytes = Buffer.from('content')
