import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  hashKey,
  keyGroupCount,
  type ListStateDescription,
  type MapStateDescription,
  MillraceError,
  types,
  type ValueStateDescription,
} from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { TestClock } from '../contract/test-clock-test-support.ts'
import { HeapKeyedStateBackend } from '../heap/heap-keyed-state-backend.ts'
import { SavepointReader } from '../inspect/savepoint-reader.ts'
import {
  items,
  offsets,
  rates,
  total,
  visits,
  writeTestSavepoint,
  writtenAtMs,
} from '../inspect/savepoint-test-support.ts'
import type { SavepointAccess } from '../io/local-savepoint-access.ts'
import type { KeyedStateBackend } from '../keyed-state-backend.ts'
import { LevelDbKeyedStateBackend } from '../leveldb/leveldb-keyed-state-backend.ts'
import { SavepointWriter } from './savepoint-writer.ts'

const users = Array.from({ length: 300 }, (_, index) => `user ${index}`)
const everyKeyGroup = { start: 0, end: keyGroupCount }
const nowMs = writtenAtMs + 500
const scratch = mkdtempSync(join(tmpdir(), 'millrace-writer-'))

after(() => rmSync(scratch, { recursive: true, force: true }))

/** Storages in memory, by their locations. */
class World implements SavepointAccess {
  readonly storages: Map<string, MemoryCheckpointStorage> = new Map()

  storageOf(location: string): MemoryCheckpointStorage {
    const storage = this.storages.get(location) ?? new MemoryCheckpointStorage()
    this.storages.set(location, storage)
    return storage
  }

  now(): number {
    return nowMs
  }

  open(location: string): Promise<SavepointReader> {
    return SavepointReader.open(location, this)
  }

  async write(writer: SavepointWriter, location = '/new'): Promise<SavepointReader> {
    await writer.write(location, { access: this, temporaryDirectory: scratch })
    assert.deepEqual(readdirSync(scratch), [])
    const written = await this.open(location)
    assert.deepEqual(await written.verify(), [])
    return written
  }
}

async function worldWithSavepoint(parallelism = 3): Promise<[World, SavepointReader]> {
  const world = new World()
  await writeTestSavepoint(world.storageOf('/old'), { parallelism, users, checkpointCount: 5 })
  return [world, await world.open('/old')]
}

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of iterable) found.push(each)
  return found
}

/** All keyed entries as texts, in an order that means something. */
async function entriesIn(reader: SavepointReader, name = 'totals'): Promise<readonly string[]> {
  const entries = await all(reader.operator(name).entries())
  return entries.map(({ state, entry }) => JSON.stringify([state.name, entry])).sort()
}

const hasCode = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof MillraceError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

test('a savepoint of which nothing is changed has the same in it', async () => {
  const [world, old] = await worldWithSavepoint()
  const copy = await world.write(SavepointWriter.from(old))
  assert.deepEqual(await entriesIn(copy), await entriesIn(old))
  assert.deepEqual({ ...copy.completed }, { ...old.completed })
})

test('what is kept of an operator that is written anew is as it was', async () => {
  for (const parallelism of [1, 4]) {
    const [world, old] = await worldWithSavepoint(parallelism)
    const writer = SavepointWriter.from(old)
    writer.operator('totals').dropState('items')
    const written = await world.write(writer)
    const isKept = (text: string): boolean => !text.startsWith('["items"')
    assert.deepEqual(await entriesIn(written), (await entriesIn(old)).filter(isKept))
    const states = written.operator('totals').operator.keyedStates
    assert.deepEqual(states, old.operator('totals').operator.keyedStates.toSpliced(1, 1))
    assert.deepEqual(await all(written.operator('orders').readBroadcastState(rates)), [
      ['chf', 1.05],
      ['usd', 0.9],
    ])
    assert.deepEqual(written.completed.coordinators, old.completed.coordinators)
  }
})

test('values, lists and maps are transformed, under other names and types too', async () => {
  const [world, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  const euros: ValueStateDescription<string> = {
    ...{ kind: 'value', name: 'euros', type: types.string, ttl: undefined },
  }
  const counts: MapStateDescription<string, number> = {
    ...{ kind: 'map', name: 'items', keyType: types.string, valueType: types.int32 },
    ttl: { ms: 9000 },
  }
  writer
    .operator('totals')
    .transformState(total, ({ value }) => (value % 2 === 0 ? `${value / 100} €` : undefined), euros)
    .transformState(visits, ({ key, value }) => [...value, `third of ${key}`])
    .transformState(items, ({ value }) => (value as { count: number }).count, counts)
  const written = (await world.write(writer)).operator('totals')
  const found = await all(written.readValueState<string, string>(euros))
  const expected = users.flatMap((user, index) =>
    index % 2 === 0 ? [`${user}: ${index / 100} €`] : [],
  )
  assert.deepEqual(found.map(({ key, value }) => `${key}: ${value}`).sort(), expected.sort())
  const lists = await all(written.readListState<string, string>(visits))
  assert.ok(lists.every(({ key, value }) => value[2] === `third of ${key}` && value.length === 3))
  assert.equal(lists.length, users.length)
  const [count, ...more] = await all(written.readMapState<string, string, number>(counts))
  assert.equal(more.length + 1, 30 * 45)
  assert.equal(count?.mapKey, `item ${count?.value}`)
  // What had no time to live begins to live now.
  assert.equal(count?.touchedAtMs, nowMs)
  assert.equal((await all(written.readTimers())).length, users.length)
})

test('touches stay where elements do', async () => {
  const [world, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  writer.operator('totals').transformState(visits, ({ value }) => value.map((each) => `${each}!`))
  const [list] = await all((await world.write(writer)).operator('totals').readListState(visits))
  assert.deepEqual(
    list?.lives.map(({ touchedAtMs }) => touchedAtMs),
    [writtenAtMs, writtenAtMs],
  )
})

test('both backends restore what was written, at any parallelism', async () => {
  const [world, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  writer.operator('totals').transformState(total, ({ value }) => value + 0.5)
  const { completed, storage } = await world.write(writer)
  const subtasks = completed.vertices[1]?.subtasks ?? []
  const handles = subtasks.flatMap(({ operators }) => operators.flatMap(({ keyed }) => keyed ?? []))
  const clock = new TestClock()
  clock.nowMs = nowMs
  const backends: readonly KeyedStateBackend[] = [
    new HeapKeyedStateBackend(clock, everyKeyGroup),
    await openLevelDb(clock),
  ]
  for (const backend of backends) {
    await backend.restore(handles, storage)
    const totals = backend.getValueState(total)
    const lists = backend.getListState(visits)
    const maps = backend.getMapState(items)
    for (const [index, user] of users.entries()) {
      backend.setCurrentKey(user, hashKey(user))
      assert.equal(totals.value(), index + 0.5)
      assert.deepEqual(lists.get(), [`first of ${user}`, 'second'])
      assert.equal([...maps.keys()].length, index % 10)
    }
    assert.equal(backend.getTimerQueue('_timers').size, users.length)
    backend.close()
    await backend.closed?.()
  }
})

test('state is written from nothing, and added in any order', async () => {
  const world = new World()
  const writer = SavepointWriter.create({ jobName: 'fresh' })
  const names: ListStateDescription<string> = {
    ...{ kind: 'list', name: 'names', elementType: types.string, ttl: { ms: 1000 } },
  }
  async function* randomly(): AsyncGenerator<{ key: number; value: number }> {
    for (let each = 0; each < 5000; each++) yield { key: (each * 7919) % 5000, value: each }
  }
  const doubled = users.flatMap((user) => [
    { key: user, value: ['one'] },
    { key: user, value: ['two', 'three'] },
  ])
  writer
    .addOperator('sums', { parallelism: 3 })
    .addState(total, randomly())
    .addState(names, doubled)
    .addState(items, [{ key: 'ann', mapKey: 'pen', value: 1n, touchedAtMs: 7 }])
    .setBroadcastState(rates, [['usd', 0.9]])
    .setListState(offsets, [1, 2, 3, 4, 5])
  const written = await world.write(writer)
  assert.equal(written.metadata.jobName, 'fresh')
  const sums = written.operator('sums')
  const values = await all(sums.readValueState<number, number>(total))
  assert.equal(values.length, 5000)
  assert.ok(values.every(({ key, value }) => key === (value * 7919) % 5000))
  const lists = await all(sums.readListState<string, string>(names))
  assert.equal(lists.length, users.length)
  assert.deepEqual(lists[0]?.value, ['one', 'two', 'three'])
  assert.equal(lists[0]?.lives[2]?.expiresAtMs, nowMs + 1000)
  assert.deepEqual(await all(sums.readListItems(offsets)), [1, 2, 3, 4, 5])
  const shares = written.completed.vertices[0]?.subtasks ?? []
  assert.equal(shares.length, 3)
  assert.deepEqual(await all(sums.readBroadcastState(rates)), [['usd', 0.9]])
  const [item] = await all(sums.readMapState(items, { key: 'ann' }))
  assert.equal(item?.value, 1n)
})

test('what a reader yields can be added under another key', async () => {
  const [world, old] = await worldWithSavepoint()
  async function* byNumber() {
    for await (const entry of old.operator('totals').readValueState<string, number>(total)) {
      yield { ...entry, key: Number(entry.key.slice('user '.length)) }
    }
  }
  const writer = SavepointWriter.from(old)
  writer.operator('totals').dropState('total').addState(total, byNumber())
  const written = await world.write(writer)
  const found = await all(written.operator('totals').readValueState<number, number>(total))
  assert.equal(found.length, users.length)
  assert.ok(found.every(({ key, value }) => key === value))
})

test('operators and operator state are dropped and written anew', async () => {
  const [world, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  writer.operator('orders').dropState('rates').setListState(offsets, [7, 8, 9, 10])
  writer.dropOperator('totals')
  const written = await world.write(writer)
  assert.deepEqual(
    written.operators.map(({ name, operatorStates }) => [name, operatorStates.length]),
    [['orders', 1]],
  )
  assert.deepEqual(await all(written.operator('orders').readListItems(offsets)), [7, 8, 9, 10])
  const ofSubtasks = written.completed.vertices[0]?.subtasks ?? []
  assert.equal(ofSubtasks.length, 3)
  assert.ok(ofSubtasks.every(({ operators }) => operators[0]?.operator !== undefined))
})

test('what does not have the declared type is refused, and nothing is left', async () => {
  const [world, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  writer.operator('totals').transformState(total, () => 'text' as unknown as number)
  const written = writer.write('/new', { access: world })
  await assert.rejects(written, hasCode('RECORD_TYPE_MISMATCH', /A value of state 'total'/))
  assert.equal(world.storageOf('/new').files.size, 0)
})

test('a folder that has something in it already is refused', async () => {
  const [world, old] = await worldWithSavepoint()
  const writing = SavepointWriter.from(old).write('/old', { access: world })
  await assert.rejects(writing, hasCode('ARGUMENT_INVALID', /is not empty/))
  assert.ok(existsSync(scratch))
})

test('names that are not there, or there already, are told', async () => {
  const [, old] = await worldWithSavepoint()
  const writer = SavepointWriter.from(old)
  const totals = writer.operator('totals')
  assert.throws(() => totals.dropState('what'), hasCode('STATE_NOT_FOUND', /It has '_timers'/))
  assert.throws(() => totals.addState(total, []), hasCode('STATE_NAME_DUPLICATE', /'total'/))
  assert.throws(
    () => totals.transformState({ ...visits, name: 'total' }, ({ value }) => value),
    hasCode('STATE_INCOMPATIBLE', /saved as one of kind 'value'/),
  )
  assert.throws(() => writer.addOperator('totals'), hasCode('ARGUMENT_INVALID', /already/))
  assert.throws(() => writer.dropOperator('who'), hasCode('STATE_NOT_FOUND', /no operator 'who'/))
  totals.dropState('total').addState(total, [])
  writer.dropOperator('totals').addOperator('totals')
})

function openLevelDb(clock: TestClock): Promise<LevelDbKeyedStateBackend> {
  return LevelDbKeyedStateBackend.open(clock, everyKeyGroup, {
    directory: join(mkdtempSync(join(tmpdir(), 'millrace-leveldb-')), 'attempt'),
    ...{ objectCacheSizeBytes: 1 << 20, blockCacheSizeBytes: 1 << 20 },
    ...{ writeBufferSizeBytes: 1 << 20, isCheckpointed: true },
  })
}
