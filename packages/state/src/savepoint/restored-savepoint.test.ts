import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { NodeFileSystem } from '../io/node-file-system.ts'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { expected, restored, smallSavepoint } from './small-savepoint-test-support.ts'

const golden = new URL('golden/savepoint-1', import.meta.url).pathname

async function assertNoticed(storage: MemoryCheckpointStorage, what: string): Promise<void> {
  try {
    await restored(storage)
  } catch (error) {
    assert.ok(error instanceof MillraceError, `${what}: ${String(error)}`)
    const codes = ['CHECKPOINT_CORRUPT', 'FILE_NOT_FOUND', 'SAVEPOINT_NOT_FOUND']
    assert.ok(codes.includes(error.code), `${what}: ${error.code} ${error.message}`)
    return
  }
  assert.fail(`${what} is not noticed`)
}

test('a savepoint is restored into a program that renamed, dropped and declared', async () => {
  assert.deepEqual(await restored(await smallSavepoint()), expected)
})

test('a savepoint that a released version wrote is restored', async () => {
  const storage = new FileSystemCheckpointStorage(new NodeFileSystem(), golden)
  assert.deepEqual(await restored(storage), expected)
  for (const [name, content] of (await smallSavepoint()).files) {
    assert.ok(Buffer.from(await storage.read(name)).equals(content), name)
  }
})

test('every byte that was flipped is noticed before state is used', async () => {
  const savepoint = await smallSavepoint()
  assert.equal(savepoint.files.size, 4)
  for (const [name, content] of [...savepoint.files]) {
    for (let at = 0; at < content.length; at++) {
      const damaged = content.slice()
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
      savepoint.files.set(name, damaged)
      await assertNoticed(savepoint, `byte ${at} of ${name}`)
    }
    savepoint.files.set(name, content)
  }
  assert.deepEqual(await restored(savepoint), expected)
})

test('every file that was cut, grew or is gone is noticed before state is used', async () => {
  const savepoint = await smallSavepoint()
  for (const [name, content] of [...savepoint.files]) {
    for (let length = 0; length < content.length; length += 3) {
      savepoint.files.set(name, content.slice(0, length))
      await assertNoticed(savepoint, `${name} of ${length} bytes`)
    }
    savepoint.files.set(name, Buffer.concat([content, Buffer.alloc(1)]))
    await assertNoticed(savepoint, `${name} with a byte more`)
    savepoint.files.delete(name)
    await assertNoticed(savepoint, `a savepoint without ${name}`)
    savepoint.files.set(name, content)
  }
})

test('where a file cannot be taken over nothing is left of the others', async () => {
  const savepoint = await smallSavepoint()
  const storage = new MemoryCheckpointStorage()
  const copyFrom = storage.copyFrom.bind(storage)
  let count = 0
  const full = Object.assign(storage, {
    copyFrom: (...args: Parameters<typeof copyFrom>) =>
      ++count === 2 ? Promise.reject(new Error('no space left')) : copyFrom(...args),
  })
  await assert.rejects(restored(savepoint, full), /no space left/)
  assert.ok(count >= 2)
  assert.deepEqual([...storage.files.keys()], [])
})
