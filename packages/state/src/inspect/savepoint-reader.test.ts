import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CheckpointStorage, MillraceError, types } from '@millrace/core'
import { encodeCheckpointMetadata } from '../checkpoint/checkpoint-metadata.ts'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import type { SavepointAccess } from '../io/local-savepoint-access.ts'
import { SavepointReader } from './savepoint-reader.ts'
import {
  items,
  offsets,
  rates,
  total,
  totalsId,
  visits,
  writeTestJob,
  writeTestSavepoint,
  writtenAtMs,
} from './savepoint-test-support.ts'
import { measureStates } from './state-size.ts'

const users = Array.from({ length: 200 }, (_, index) => `user ${index}`)
const path = '/savepoints/savepoint-1'

function accessTo(
  storages: Readonly<Record<string, CheckpointStorage>>,
  nowMs = writtenAtMs,
): SavepointAccess {
  return {
    storageOf: (location) => storages[location] ?? new MemoryCheckpointStorage(),
    now: () => nowMs,
  }
}

async function openTestSavepoint({
  parallelism = 3,
  checkpointCount = 4,
  nowMs = writtenAtMs,
} = {}): Promise<{ reader: SavepointReader; storage: MemoryCheckpointStorage }> {
  const storage = new MemoryCheckpointStorage()
  await writeTestSavepoint(storage, { parallelism, users, checkpointCount })
  return { reader: await SavepointReader.open(path, accessTo({ [path]: storage }, nowMs)), storage }
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of iterable) found.push(each)
  return found
}

const hasCode = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

test('state of every kind is read, whatever the parallelism and the chain', async () => {
  for (const parallelism of [1, 2, 5]) {
    for (const checkpointCount of [1, 6]) {
      const { reader } = await openTestSavepoint({ parallelism, checkpointCount })
      const totals = reader.operator('totals')
      const read = await all(totals.readValueState<string, number>(total))
      assert.deepEqual(
        read.map(({ key, value }) => [key, value]).sort(),
        users.map((user, index) => [user, index]).sort(),
      )
      const lists = await all(totals.readListState<string, string>(visits))
      assert.equal(lists.length, users.length)
      assert.ok(lists.every(({ key, value }) => value[0] === `first of ${key}`))
      const entries = await all(totals.readMapState<string, string, unknown>(items))
      assert.equal(entries.length, 20 * 45)
      assert.ok(
        entries.every(({ mapKey, value }) => /^item \d$/.test(mapKey) && value !== undefined),
      )
      const timers = await all(totals.readTimers<string>())
      assert.deepEqual(
        timers.map(({ timestamp }) => timestamp).sort(),
        users.map((_, index) => 1000 + index).sort(),
      )
    }
  }
})

test('operator state is read: lists of all subtasks in order, broadcast state once', async () => {
  const { reader } = await openTestSavepoint({ parallelism: 3 })
  const orders = reader.operator('orders')
  assert.deepEqual(await all(orders.readListItems(offsets)), [0, 1, 10, 11, 20, 21])
  assert.deepEqual(await all(orders.readBroadcastState(rates)), [
    ['chf', 1.05],
    ['usd', 0.9],
  ])
})

test('what one key has is read from its key group alone', async () => {
  const { reader, storage } = await openTestSavepoint({ parallelism: 1, checkpointCount: 1 })
  const sizes: number[] = []
  const { readRange } = storage
  storage.readRange = (name, offset, length) => {
    sizes.push(length)
    return readRange.call(storage, name, offset, length)
  }
  const [entry] = await all(reader.operator(totalsId).readValueState(total, { key: 'user 7' }))
  assert.equal(entry?.value, 7)
  const { sizeBytes } = reader.metadata
  assert.ok(Math.max(...sizes) <= 40_000, `${sizes} of ${sizeBytes}`)
  assert.deepEqual(await all(reader.operator('totals').readValueState(total, { key: 'who' })), [])
})

test('what has outlived its time to live is told, or left out', async () => {
  const nowMs = writtenAtMs + 1000
  const { reader } = await openTestSavepoint({ nowMs })
  const totals = reader.operator('totals')
  const [first] = await all(totals.readListState(visits))
  assert.deepEqual(first?.lives[0], { touchedAtMs: writtenAtMs, expiresAtMs: nowMs })
  assert.deepEqual(await all(totals.readListState(visits, { expired: 'exclude' })), [])
  assert.equal((await all(totals.readValueState(total, { expired: 'exclude' }))).length, 200)
})

test('a retained checkpoint is read from its folder in that of its job', async () => {
  const storage = new MemoryCheckpointStorage()
  const completed = await writeTestJob(storage, { parallelism: 2, users, checkpointCount: 3 })
  const metadata = new MemoryCheckpointStorage()
  metadata.files.set('_metadata', encodeCheckpointMetadata(completed))
  const access = accessTo({ '/dir/job': storage, '/dir/job/chk-3': metadata })
  for (const location of ['/dir/job/chk-3', '/dir/job/chk-3/', '/dir/job/chk-3/_metadata']) {
    const reader = await SavepointReader.open(location, access)
    assert.equal((await all(reader.operator('totals').readValueState(total))).length, 200)
  }
  storage.files.set('chk-3/_metadata', new Uint8Array())
  await assert.rejects(
    SavepointReader.open('/dir/job', access),
    hasCode('SAVEPOINT_NOT_FOUND', /it has the checkpoints chk-3: .* \/dir\/job\/chk-3/i),
  )
})

test('states are read by the names that whoever restores them has for them', async () => {
  const storage = new MemoryCheckpointStorage()
  const completed = await writeTestSavepoint(storage, { parallelism: 2, users })
  const vertices = completed.vertices.map((vertex) => ({
    ...vertex,
    operators: vertex.operators.map((operator) => ({
      ...operator,
      droppedStates: ['visits'],
      renamedStates: [{ from: 'total', to: 'sum' }],
    })),
  }))
  storage.files.set('_metadata', encodeCheckpointMetadata({ ...completed, vertices }))
  const reader = await SavepointReader.open(path, accessTo({ [path]: storage }))
  const totals = reader.operator('totals')
  assert.equal((await all(totals.readValueState({ ...total, name: 'sum' }))).length, 200)
  await assert.rejects(all(totals.readValueState(total)), hasCode('STATE_NOT_FOUND', /'total'/))
  const states = new Set((await all(totals.entries())).map(({ state: { name } }) => name))
  assert.deepEqual([...states].sort(), ['_timers', 'items', 'sum'])
})

test('states are measured, and their largest keys named', async () => {
  const { reader } = await openTestSavepoint({ nowMs: writtenAtMs + 5000 })
  const totals = reader.operator('totals')
  const { keyedStates } = totals.operator
  const options = { nowMs: writtenAtMs + 5000, largestMax: 3 }
  const sizes = await measureStates(keyedStates, totals.scan(undefined), options)
  const byName = new Map(sizes.map((size) => [size.state.name, size]))
  const counts = (name: string): unknown => {
    const { keyCount, entryCount, expiredCount } = byName.get(name) ?? {}
    return { keyCount, entryCount, expiredCount }
  }
  assert.deepEqual(counts('total'), { keyCount: 200, entryCount: 200, expiredCount: 0 })
  assert.deepEqual(counts('visits'), { keyCount: 200, entryCount: 400, expiredCount: 400 })
  assert.deepEqual(counts('items'), { keyCount: 180, entryCount: 900, expiredCount: 0 })
  assert.deepEqual(counts('_timers'), { keyCount: 200, entryCount: 200, expiredCount: 0 })
  const largest = byName.get('items')?.largestKeys ?? []
  assert.deepEqual(
    largest.map(({ key, entryCount }) => [/^user \d*9$/.test(String(key)), entryCount]),
    [
      [true, 9],
      [true, 9],
      [true, 9],
    ],
  )
  assert.equal(
    byName.get('items')?.sizes.reduce((sum, count) => sum + count),
    180,
  )
})

test('what is not there is told with what is near', async () => {
  const { reader } = await openTestSavepoint()
  assert.throws(
    () => reader.operator('total'),
    hasCode('STATE_NOT_FOUND', /no operator 'total' .* mean 'totals'\? It has 'orders', 'totals'/),
  )
  const totals = reader.operator('totals')
  await assert.rejects(
    all(totals.readValueState({ ...total, name: 'totl' })),
    hasCode('STATE_NOT_FOUND', /no state 'totl' there\. Did you mean 'total'/),
  )
  await assert.rejects(
    all(totals.readListState({ ...visits, name: 'total' })),
    hasCode(
      'STATE_INCOMPATIBLE',
      /saved as one of kind 'value', and is read as one of kind 'list'/,
    ),
  )
  await assert.rejects(
    all(totals.readValueState({ ...total, type: types.string })),
    hasCode('RECORD_TYPE_MISMATCH', /A value of state 'total'/),
  )
  await assert.rejects(
    SavepointReader.open('/nowhere', accessTo({})),
    hasCode('SAVEPOINT_NOT_FOUND', /\/nowhere is neither a savepoint nor a checkpoint/),
  )
})

test('whatever byte of a file is another one is noticed before anything wrong is read', async () => {
  const { storage } = await openTestSavepoint({ parallelism: 1, checkpointCount: 2 })
  const access = accessTo({ [path]: storage })
  const textOf = async (): Promise<string> => {
    const reader = await SavepointReader.open(path, access)
    const totals = await all(reader.operator('totals').entries())
    const orders = reader.operator('orders')
    return JSON.stringify([
      totals,
      await all(orders.readListItems(offsets)),
      await all(orders.readBroadcastState(rates)),
    ])
  }
  const whole = await textOf()
  for (const [name, content] of storage.files) {
    const step = Math.max(1, Math.floor(content.length / 23))
    for (let at = 0; at < content.length; at += step) {
      const damaged = content.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 0x20
      storage.files.set(name, damaged)
      const found = await textOf().catch((error: unknown) => {
        assert.ok(error instanceof MillraceError, String(error))
        assert.match(error.code, /CHECKPOINT_CORRUPT/)
        return whole
      })
      // What is replaced since is not read.
      assert.equal(found, whole, `byte ${at} of ${name}`)
    }
    storage.files.set(name, content)
  }
})

test('verify tells every file that is not what was written', async () => {
  const { reader, storage } = await openTestSavepoint()
  assert.deepEqual(await reader.verify(), [])
  const names = [...storage.files.keys()].filter((name) => name !== '_metadata')
  const [first = '', second = '', third = ''] = names
  storage.files.set(
    first,
    Uint8Array.from(storage.files.get(first) ?? [], (byte) => byte ^ 1),
  )
  storage.files.set(second, (storage.files.get(second) ?? new Uint8Array()).slice(1))
  storage.files.delete(third)
  const problems = await reader.verify()
  assert.deepEqual(new Set(problems.map(({ file }) => file)), new Set([first, second, third]))
  const text = problems.map(({ problem }) => problem).join('; ')
  assert.match(text, /SHA-256/)
  assert.match(text, /were written/)
})
