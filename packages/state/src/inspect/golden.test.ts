// Files that a version wrote are read by every later one. `UPDATE_GOLDEN=1` writes those of this
// version where there are none; what was released is never written again.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keyGroupCount } from '@millrace/core'
import { MemoryCheckpointStorage } from '../contract/memory-checkpoint-storage-test-support.ts'
import { NodeFileSystem } from '../io/node-file-system.ts'
import { FileSystemCheckpointStorage } from '../storage/file-system-checkpoint-storage.ts'
import { mergedKeyGroups } from './merged-key-groups.ts'
import { entriesOfCell, type SavedEntry } from './saved-entry.ts'
import { SavepointReader } from './savepoint-reader.ts'
import {
  items,
  offsets,
  rates,
  total,
  visits,
  writeTestSavepoint,
  writtenAtMs,
} from './savepoint-test-support.ts'

const savepoint = join(import.meta.dirname, 'golden', 'savepoint-2')
const users = Array.from({ length: 12 }, (_, index) => `user ${index}`)

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const each of iterable) found.push(each)
  return found
}

test('the golden segment of format version 1 is read without restoring it', async () => {
  const folder = join(import.meta.dirname, '..', 'snapshot', 'golden')
  const bytes = new Uint8Array(readFileSync(join(folder, 'segment-1.bin')))
  const storage = new MemoryCheckpointStorage()
  storage.files.set('attempt/7-golden', bytes)
  const segment = {
    ...{ name: 'attempt/7-golden', sizeBytes: bytes.length, checkpointId: 7 },
    ...{ replaces: { start: 100, end: 20_000 }, recordCount: 8 },
  }
  const keyGroups = { start: 0, end: keyGroupCount }
  const options = { keyGroups, nameOf: (name: string) => name }
  const found: (readonly [string, SavedEntry])[] = []
  for (const { states } of await all(
    mergedKeyGroups(storage, { keyGroups, segments: [segment] }, options),
  )) {
    for (const { stored, cells } of states.values()) {
      for (const cell of cells.values()) {
        for (const entry of entriesOfCell(cell, stored)) found.push([stored.name, entry])
      }
    }
  }
  const byKey = ([one]: readonly [string, SavedEntry], [other]: readonly [string, SavedEntry]) =>
    one < other ? -1 : 1
  const forever = { touchedAtMs: undefined, expiresAtMs: undefined }
  const counts = found.filter(([name]) => name === 'count').map(([, entry]) => entry)
  assert.equal(counts.length, 3)
  assert.deepEqual(
    counts.find(({ key }) => key === 1.5),
    {
      ...{ kind: 'value', key: 1.5, namespace: { end: 5, start: 0 } },
      ...{ value: { n: [1, 'zwei'] }, ...forever },
    },
  )
  const [item, ...timers] = found.filter(([name]) => name !== 'count').sort(byKey)
  assert.deepEqual(item?.[1], {
    ...{ kind: 'map', key: ['b', 2n, null], namespace: undefined, mapKey: true, value: null },
    ...{ touchedAtMs: 1234.5, expiresAtMs: 2234.5 },
  })
  assert.deepEqual(
    new Set(timers.map(([, timer]) => timer.kind === 'timer' && timer.timestamp)),
    new Set([-1, 2 ** 40]),
  )
})

test('the golden savepoint of format version 2 is read', async () => {
  const written = new FileSystemCheckpointStorage(new NodeFileSystem(), savepoint)
  const job = { parallelism: 2, users, checkpointCount: 3 }
  if (process.env['UPDATE_GOLDEN'] === '1' && !existsSync(savepoint)) {
    await writeTestSavepoint(written, job)
  }
  const reader = await SavepointReader.open(savepoint)
  assert.deepEqual(await reader.verify(), [])
  const totals = reader.operator('totals')
  const values = await all(totals.readValueState<string, number>(total))
  assert.deepEqual(
    new Map(values.map(({ key, value }) => [key, value])),
    new Map(users.map((user, index) => [user, index])),
  )
  const lists = await all(totals.readListState<string, string>(visits))
  assert.deepEqual(
    new Map(lists.map(({ key, value }) => [key, value])),
    new Map(users.map((user) => [user, [`first of ${user}`, 'second']])),
  )
  assert.ok(lists.every(({ lives }) => lives.every((life) => life.touchedAtMs === writtenAtMs)))
  const entries = await all(totals.readMapState<string, string, unknown>(items))
  assert.deepEqual(
    entries.filter(({ key }) => key === 'user 2').map(({ mapKey, value }) => [mapKey, value]),
    [
      ['item 0', { count: 0 }],
      ['item 1', { count: 1 }],
    ],
  )
  const timers = await all(totals.readTimers())
  assert.deepEqual(
    timers.map(({ timestamp }) => timestamp).sort(),
    users.map((_, index) => 1000 + index),
  )
  const orders = reader.operator('orders')
  assert.deepEqual(await all(orders.readListItems(offsets)), [0, 1, 10, 11])
  assert.deepEqual(await all(orders.readBroadcastState(rates)), [
    ['chf', 1.05],
    ['usd', 0.9],
  ])
})
