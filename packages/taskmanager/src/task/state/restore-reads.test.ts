import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MemoryCheckpointStorage } from '../../slot/checkpoint-storage-test-support.ts'
import { RestoreReads } from './restore-reads.ts'

const clock = { monotonicMs: () => 0 }
const name = 'segment'

async function weakly(reads: RestoreReads): Promise<WeakRef<Uint8Array>> {
  return new WeakRef(await reads.read(name))
}

test('nothing that was read is held until the task ends', async () => {
  const storage = new MemoryCheckpointStorage()
  await storage.write(name, new Uint8Array(1 << 20))
  const reads = new RestoreReads(storage, clock, new AbortController().signal)
  const read = await weakly(reads)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // A weak reference that was just made holds until the event loop goes on.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  assert.equal(read.deref(), undefined)
  assert.equal((await reads.read(name)).length, 1 << 20)
})

test('a read ends at once when its task is canceled', async () => {
  const storage = new MemoryCheckpointStorage()
  storage.read = () => new Promise(() => {})
  const controller = new AbortController()
  const reads = new RestoreReads(storage, clock, controller.signal)
  const read = reads.read(name)
  controller.abort()
  await assert.rejects(read)
  await assert.rejects(reads.read(name))
})
