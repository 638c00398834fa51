import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { hashKey, keyGroupCount, MillraceError } from '@millrace/core'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { LevelDbKeyedStateBackend } from '../leveldb/leveldb-keyed-state-backend.ts'
import { LevelDatabase } from './level-database.ts'

const run = promisify(execFile)
const options = { blockCacheSizeBytes: 1 << 20, writeBufferSizeBytes: 1 << 18 }
const keyGroups = { start: 0, end: keyGroupCount }
const description = { kind: 'value', name: 'v', type: undefined, ttl: undefined } as const

function temporary(t: TestContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-level-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  return parent
}

test('threads that are ended in the middle of their work leave the process alone', async (t) => {
  const parent = temporary(t)
  for (let round = 0; round < 20; round++) {
    const directory = join(parent, String(round))
    const thread = new Worker(new URL('./level-database-thread-test-support.ts', import.meta.url), {
      workerData: { directory },
      execArgv: ['--conditions=source'],
    })
    await new Promise((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
    })
    // Each is ended at another moment of its work.
    for (let turn = 0; turn < round * 25; turn++) await new Promise((then) => setImmediate(then))
    await thread.terminate()
    rmSync(directory, { recursive: true })
  }
})

test('what was in the directory is deleted first, and all of it at the end', async (t) => {
  const directory = join(temporary(t), 'deep', 'attempt')
  const first = await LevelDatabase.open(directory, options)
  const batch = first.batch()
  batch.put(new Uint8Array([1]), new Uint8Array([2]))
  await batch.write()
  assert.deepEqual([...(first.get(new Uint8Array([1])) ?? [])], [2])
  await first.close()
  assert.equal(existsSync(directory), false)
  const second = await LevelDatabase.open(directory, options)
  assert.equal(second.get(new Uint8Array([1])), undefined)
  await second.close()
})

test('a scan has what was there when it began', async (t) => {
  const database = await LevelDatabase.open(join(temporary(t), 'attempt'), options)
  const put = async (...keys: number[]): Promise<void> => {
    const batch = database.batch()
    for (const key of keys) batch.put(new Uint8Array([key]), new Uint8Array([key]))
    await batch.write()
  }
  await put(1, 2, 4, 9)
  const scan = database.scan(new Uint8Array([2]), new Uint8Array([9]))
  await put(3, 5)
  assert.deepEqual(
    (await scan.next(10)).map(([key]) => key[0]),
    [2, 4],
  )
  assert.equal((await scan.next(10)).length, 0)
  await scan.close()
  await database.close()
})

test('a directory that cannot be made is an error that says which disk to look at', async (t) => {
  const file = join(temporary(t), 'file')
  writeFileSync(file, '')
  const opened = LevelDbKeyedStateBackend.open(new TestClock(), keyGroups, {
    ...options,
    ...{ directory: join(file, 'attempt'), isCheckpointed: true, objectCacheSizeBytes: 1 << 20 },
  })
  await assert.rejects(opened, (error) => {
    assert.ok(error instanceof MillraceError)
    assert.deepEqual([error.code, error.disposition], ['STATE_BACKEND_FAILED', 'retry'])
    assert.match(error.message, /io\.tmp\.dirs/)
    return true
  })
})

test('a database whose files were damaged fails the task, to be tried again', async (t) => {
  const directory = join(temporary(t), 'attempt')
  const backend = await LevelDbKeyedStateBackend.open(new TestClock(), keyGroups, {
    ...{ ...options, blockCacheSizeBytes: 1 << 16, writeBufferSizeBytes: 1 << 16 },
    ...{ directory, isCheckpointed: false, objectCacheSizeBytes: 1 << 14 },
  })
  const state = backend.getValueState<string>(description)
  const use = (key: number): void => backend.setCurrentKey(key, hashKey(key))
  for (let key = 0; key < 5000; key++) {
    use(key)
    state.update(`${key} is in a file of the database by now${'.'.repeat(100)}`)
  }
  await backend.settled()
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.ldb')) overwrite(join(directory, name))
  }
  assert.throws(
    () => {
      for (let key = 0; key < 5000; key++) {
        use(key)
        assert.ok(state.value() !== undefined)
      }
    },
    { code: 'STATE_BACKEND_FAILED', disposition: 'retry' },
  )
  backend.close()
})

test('a value in which a disk has turned a bit is never taken for state', async (t) => {
  const directory = join(temporary(t), 'attempt')
  const database = await LevelDatabase.open(directory, {
    ...{ blockCacheSizeBytes: 1 << 16, writeBufferSizeBytes: 1 << 16 },
  })
  const keyCount = 2000
  const keyOf = (key: number): Uint8Array => Buffer.from(`key ${String(key).padStart(5, '0')}`)
  const stateOf = (key: number): Uint8Array => createHash('sha512').update(`${key}`).digest()
  const batch = database.batch()
  for (let key = 0; key < keyCount; key++) batch.put(keyOf(key), stateOf(key))
  await batch.write()
  // A second batch makes the database write the first one into a file.
  const later = database.batch()
  for (let key = keyCount; key < 2 * keyCount; key++) later.put(keyOf(key), stateOf(key))
  await later.write()
  const turnBits = (): void => {
    for (const name of readdirSync(directory).filter((each) => each.endsWith('.ldb'))) {
      for (let key = 0; key < keyCount; key += 100) turnBit(join(directory, name), stateOf(key))
    }
  }
  const damagedCount = (): number => {
    let count = 0
    for (let key = 0; key < keyCount; key++) {
      try {
        const value = database.get(keyOf(key))
        assert.deepEqual([...(value ?? [])], [...stateOf(key)])
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        count++
      }
    }
    return count
  }
  // The file is written behind the back of whoever writes, and memory is read until it is.
  for (turnBits(); damagedCount() < keyCount / 100; turnBits()) await delay(5)
  assert.equal(damagedCount(), keyCount / 100)
  const scan = database.scan(keyOf(0), keyOf(keyCount))
  await assert.rejects(async () => {
    while ((await scan.next(100)).length > 0);
  }, /is damaged/)
  await scan.close()
  await database.close()
})

/** One of a value that is somewhere in the file. */
function turnBit(path: string, value: Uint8Array): void {
  const at = readFileSync(path).indexOf(value)
  if (at < 0) return
  const file = openSync(path, 'r+')
  writeSync(file, new Uint8Array([(value[20] as number) ^ 0x10]), 0, 1, at + 20)
  closeSync(file)
}

/**
 * The entries in it, not the index behind them. In place: LevelDB has its files mapped into memory,
 * and a shorter one would end the process.
 */
function overwrite(path: string): void {
  const file = openSync(path, 'r+')
  const size = fstatSync(file).size >>> 1
  writeSync(file, new Uint8Array(size).fill(0xff), 0, size, 0)
  closeSync(file)
}

test('a program with state on the heap does not load the database', async () => {
  const program = `
    import { HeapKeyedStateBackend } from '@millrace/state'
    import { LevelDbKeyedStateBackend } from '@millrace/state/leveldb'
    import { createRequire } from 'node:module'
    if (HeapKeyedStateBackend === LevelDbKeyedStateBackend) throw new Error()
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(loaded.filter((name) => name.includes('level')).length)`
  const { stdout } = await run(
    process.execPath,
    ['--conditions=source', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname },
  )
  assert.equal(stdout.trim(), '0')
})
