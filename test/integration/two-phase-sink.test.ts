// A two-phase sink in a real cluster in one process: each record becomes visible once.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'

const module = new URL('./jobs/two-phase.ts', import.meta.url)
const timeout = 60_000
const root = mkdtempSync(join(tmpdir(), 'millrace-two-phase-'))

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(root, { recursive: true, force: true })
})

function committedIn(folder: string): readonly number[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith('committed-'))
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as number[])
    .sort((a, b) => a - b)
}

const all = Array.from({ length: 2000 }, (_, number) => number)

test('through failures of commits each record is committed once', { timeout }, async () => {
  const folder = mkdtempSync(join(root, 'failures-'))
  const args = { folder, failures: '2', interval: '20 ms' }
  const client = await cluster.submit(module, { args, parallelism: 2 })
  await client.result()
  assert.deepEqual(committedIn(folder), all)
  const { failures, checkpoints } = await client.details()
  assert.ok(failures.length >= 2, `${failures.length} failures`)
  assert.match(String(failures[0]?.failure.message), /failed to commit/)
  assert.ok(checkpoints?.latestRestored !== undefined, 'from a checkpoint')
  await cluster.untilIdle()
})

test('a checkpoint at the end commits the rest, however long the interval', {
  timeout,
}, async () => {
  const folder = mkdtempSync(join(root, 'end-'))
  const args = { folder, interval: '1 h' }
  const client = await cluster.submit(module, { args, parallelism: 2 })
  await client.result()
  assert.deepEqual(committedIn(folder), all)
  await cluster.untilIdle()
})

test('a job without checkpoints commits at the end of input', { timeout }, async () => {
  const folder = mkdtempSync(join(root, 'none-'))
  const client = await cluster.submit(module, { args: { folder }, parallelism: 2 })
  await client.result()
  assert.deepEqual(committedIn(folder), all)
  await cluster.untilIdle()
})
