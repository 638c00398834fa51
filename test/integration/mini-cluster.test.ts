// A MiniCluster as users have it in their tests: what it gives, what it refuses, what it leaves.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { MiniCluster } from 'millrace/testing'

const folder = mkdtempSync(join(tmpdir(), 'millrace-mini-cluster-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const pacedSum = new URL('./jobs/paced-sum.ts', import.meta.url)
const leftovers = new URL('./jobs/leftovers.ts', import.meta.url)
const timeout = 60_000

interface Entry {
  readonly key: number
  readonly sum: number
}

test('a job that fails rejects with its failure, and the next one runs', { timeout }, async () => {
  const cluster = await MiniCluster.start()
  try {
    await assert.rejects(cluster.run(pacedSum, { args: { fault: 'throw' } }), {
      code: 'USER_FUNCTION_FAILED',
      message: /'to-entry' \(subtask 1 of 1\).*number 50 is not wanted/,
    })
    const result = await cluster.run(pacedSum)
    assertSums(result.collected('sums'), 100)
    assert.deepEqual(result.metrics('sum'), { recordsIn: 100, recordsOut: 0 })
    assert.throws(() => result.collected('other'), { code: 'ARGUMENT_INVALID' })
  } finally {
    await cluster.close()
  }
})

test('a function that changes a record it has emitted is found', { timeout }, async () => {
  const cluster = await MiniCluster.start()
  try {
    await assert.rejects(cluster.run(pacedSum, { args: { fault: 'mutate' } }), {
      code: 'USER_FUNCTION_FAILED',
      message: /'to-entry'.*read only/,
    })
  } finally {
    await cluster.close()
  }
})

test('what is no job module, and what is no key, is refused', { timeout }, async () => {
  const unknownKey = { configuration: { 'no.such.key': '1' } }
  await assert.rejects(MiniCluster.start(unknownKey), { code: 'CONFIG_KEY_UNKNOWN' })
  const cluster = await MiniCluster.start()
  try {
    await assert.rejects(cluster.run(join(folder, 'none.ts')), { code: 'FILE_NOT_FOUND' })
    const broken = join(folder, 'broken.ts')
    writeFileSync(broken, "import { defineJob } from 'millrace'\nexport default defineJob('a', {\n")
    await assert.rejects(cluster.run(broken), { code: 'BUNDLE_FAILED' })
  } finally {
    await cluster.close()
  }
})

test('the result is right though a TaskManager goes while the job runs', { timeout }, async () => {
  const cluster = await MiniCluster.start()
  try {
    const second = await cluster.startTaskManager()
    const client = await cluster.submit(pacedSum, { args: { count: '1000' }, parallelism: 2 })
    await client.collect('sums', (records) => records.length > 100)
    await second.close()
    await cluster.startTaskManager()
    const result = await client.result()
    assert.equal(result.details.restartCount, 1)
    assertSums(result.collected('sums'), 1000)
  } finally {
    await cluster.close()
  }
})

test('an attempt sees nothing of the one before it', { timeout }, async () => {
  const cluster = await MiniCluster.start()
  try {
    const result = await cluster.run(leftovers, { args: { count: '300' } })
    assert.equal(result.details.restartCount, 1)
    assert.deepEqual(
      result.collected('values'),
      Array.from({ length: 300 }, (_, value) => `${value} ${value + 1}`),
    )
  } finally {
    await cluster.close()
  }
})

test('clusters of one process do not see each other, and leave nothing', { timeout }, async () => {
  const configuration = { 'io.tmp.dirs': folder }
  const clusters = await Promise.all(
    [2, 1].map((taskManagers) => MiniCluster.start({ taskManagers, configuration })),
  )
  const slotCounts = clusters.map(async (cluster) => (await cluster.overview()).slotCount)
  assert.deepEqual(await Promise.all(slotCounts), [2, 1])
  // One of the jobs still runs when its cluster is closed.
  const [first, second] = clusters
  const running = await first?.submit(pacedSum, { args: { count: '1000000' } })
  await running?.collect('sums', (records) => records.length > 10)
  assertSums((await second?.run(pacedSum))?.collected('sums') ?? [], 100)
  await Promise.all(clusters.map((cluster) => cluster.close()))
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('millrace-')),
    [],
  )
  // Sockets and threads end a moment after they were told to; the test's time-out is the bound.
  const kinds = ['TCPServerWrap', 'TCPSocketWrap', 'MessagePort']
  while (process.getActiveResourcesInfo().some((kind) => kinds.includes(kind))) await delay(20)
})

/** The last sum of each remainder is that of all its numbers. */
function assertSums(records: readonly Entry[], count: number): void {
  assert.equal(records.length, count)
  for (let key = 0; key < 10; key++) {
    const numbers = Array.from({ length: count / 10 }, (_, index) => index * 10 + key)
    const sums = records.filter((entry) => entry.key === key).map(({ sum }) => sum)
    const total = numbers.reduce((sum, number) => sum + number, 0)
    assert.equal(sums.length, numbers.length)
    assert.equal(Math.max(...sums), total, `key ${key}`)
  }
}
