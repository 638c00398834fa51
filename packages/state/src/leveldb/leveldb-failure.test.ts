import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ExecutionAttemptId, hashKey, keyGroupCount, MillraceError } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { LevelDatabase } from '../io/level-database.ts'
import { LevelDbKeyedStateBackend } from './leveldb-keyed-state-backend.ts'
import type { StateBatch, StateDatabase, StateScan, StateSpill } from './state-database.ts'

const attemptId = ExecutionAttemptId.parse('aa_bb_0_0')
const keyGroups = { start: 0, end: keyGroupCount }
const description = { kind: 'value', name: 'v', type: undefined, ttl: undefined } as const

/** A file system of 4 MB; undefined where this user may not mount one, which CI has to let it. */
function smallDisk(t: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-small-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory], { stdio: 'pipe' })
  } catch (cause) {
    rmSync(directory, { recursive: true })
    if (!process.env['CI']) return undefined
    const missing = 'Under CI a tmpfs must be mountable: run the tests as root (CAP_SYS_ADMIN)'
    throw new Error(missing, { cause })
  }
  t.after(() => {
    execFileSync('umount', [directory])
    rmSync(directory, { recursive: true })
  })
  return directory
}

function open(directory: string): Promise<LevelDbKeyedStateBackend> {
  return LevelDbKeyedStateBackend.open(new TestClock(), keyGroups, {
    ...{ directory, isCheckpointed: true, objectCacheSizeBytes: 64 << 10 },
    ...{ blockCacheSizeBytes: 1 << 16, writeBufferSizeBytes: 1 << 18 },
  })
}

/** Its spills are what a test makes them. */
class SpillingDatabase implements StateDatabase {
  readonly spill: () => StateSpill
  readonly #database: StateDatabase

  constructor(database: StateDatabase, spill: () => StateSpill) {
    this.#database = database
    this.spill = spill
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#database.get(key)
  }

  batch(): StateBatch {
    return this.#database.batch()
  }

  scan(start: Uint8Array, end: Uint8Array): StateScan {
    return this.#database.scan(start, end)
  }

  pause(ms: number): void {
    this.#database.pause(ms)
  }

  close(): Promise<void> {
    return this.#database.close()
  }
}

/** Values of about 200 bytes that cannot be compressed. */
async function fill(backend: LevelDbKeyedStateBackend, from: number, to: number): Promise<void> {
  const state = backend.getValueState<string>(description)
  for (let key = from; key < to; key++) {
    backend.setCurrentKey(key, hashKey(key))
    const part = (index: number): string => hashKey(`${key} ${index}`).toString(36)
    state.update(Array.from({ length: 30 }, (_, index) => part(index)).join(''))
    if (key % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

test('changes that could not be put aside are part of no checkpoint', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-spill-'))
  const sizes = { blockCacheSizeBytes: 1 << 16, writeBufferSizeBytes: 1 << 18 }
  const database = await LevelDatabase.open(join(directory, 'attempt'), sizes)
  let isFull = false
  const spill = (): StateSpill => {
    const own = database.spill()
    const append = (bytes: Uint8Array): void => {
      if (isFull) throw new Error('ENOSPC: no space left on device')
      own.append(bytes)
    }
    return { append, read: () => own.read(), drop: () => own.drop() }
  }
  const backend = new LevelDbKeyedStateBackend(new TestClock(), keyGroups, {
    database: new SpillingDatabase(database, spill),
    ...{ objectCacheSizeBytes: 1 << 14, changeLogSizeMaxBytes: 64 << 10 },
  })
  t.after(async () => {
    backend.close()
    await backend.closed()
    rmSync(directory, { recursive: true })
  })
  const storage = new MemoryCheckpointStorage()
  isFull = true
  await assert.rejects(fill(backend, 0, 10_000), { code: 'STATE_BACKEND_FAILED' })
  isFull = false
  for (const checkpointId of [1, 2]) {
    const snapshot = backend.seal(checkpointId)
    assert.throws(
      () => {
        while (!snapshot.encode(1));
      },
      { code: 'STATE_BACKEND_FAILED' },
    )
    snapshot.discard()
  }
  assert.equal(storage.files.size, 0)
})

test('a full disk fails the task, and the next attempt begins in a fresh directory', async (t) => {
  const disk = smallDisk(t)
  if (disk === undefined) return t.skip('a file system cannot be mounted here')
  const storage = new MemoryCheckpointStorage()
  const first = await open(join(disk, 'first'))
  await fill(first, 0, 1000)
  const snapshot = first.seal(1)
  while (!snapshot.encode(1));
  const handle = await snapshot.write(storage, attemptId)
  await assert.rejects(fill(first, 1000, 1e6), (error) => {
    assert.ok(error instanceof MillraceError)
    assert.deepEqual([error.code, error.disposition], ['STATE_BACKEND_FAILED', 'retry'])
    assert.match(error.message, /could not write: .*[Nn]o space left.*io\.tmp\.dirs/)
    return true
  })
  first.close()
  await first.closed()
  assert.equal(existsSync(join(disk, 'first')), false)
  const second = await open(join(disk, 'second'))
  await second.restore([handle], storage)
  const state = second.getValueState<string>(description)
  for (let key = 0; key < 1000; key++) {
    second.setCurrentKey(key, hashKey(key))
    assert.ok((state.value()?.length ?? 0) > 100)
  }
  second.setCurrentKey(1001, hashKey(1001))
  assert.equal(state.value(), undefined)
  second.close()
  await second.closed()
})
