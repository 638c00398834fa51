// Jobs whose parallelism is changed while they run, in a real cluster in one process: no state of
// any kind is lost or doubled.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { type Counted, type Restored, ruleCount } from './jobs/rescaled.ts'

const module = new URL('./jobs/rescaled.ts', import.meta.url)
const timeout = 90_000
const root = mkdtempSync(join(tmpdir(), 'millrace-rescale-'))

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(root, { recursive: true, force: true })
})

/** What the subtasks of `notes` began with, by checkpoint. */
function restoredIn(folder: string): ReadonlyMap<number, readonly Restored[]> {
  const all = readdirSync(folder).map((name): Restored => {
    return JSON.parse(readFileSync(join(folder, name), 'utf8'))
  })
  return Map.groupBy(all, ({ checkpointId }) => checkpointId)
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function sorted(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((left, right) => left - right)
}

/** Every index was counted once, every key from 1 on, and every timer fired once. */
function assertExact(counts: readonly Counted[], alarms: readonly number[], count: number): void {
  assert.deepEqual(sorted(alarms), range(count))
  assert.deepEqual(sorted(counts.map(({ index }) => index)), range(count))
  for (const [key, of] of Map.groupBy(counts, (counted) => counted.key)) {
    const expected = range(count / 50).map((index) => index + 1)
    assert.deepEqual(sorted(of.map((counted) => counted.count)), expected, `key ${key}`)
  }
}

for (const backend of ['heap', 'leveldb'] as const) {
  test(`2 → 4 → 1 → 3 → 2 keeps every kind of state on ${backend}`, { timeout }, async () => {
    const folder = mkdtempSync(join(root, `${backend}-`))
    const count = 4000
    const args = { folder, count: String(count) }
    const configuration = { 'state.backend.type': backend }
    const client = await cluster.submit(module, { args, parallelism: 2, configuration })
    const collected = (least: number) => {
      return client.collect<Counted>('counts', (records) => records.length >= least)
    }
    await collected(300)
    let former = 2
    for (const [parallelism, least] of [
      [4, 900],
      [1, 1600],
      [3, 2400],
    ] as const) {
      const rescale = await client.rescale(parallelism)
      assert.equal(rescale?.fromParallelism, former)
      former = parallelism
      assert.ok((rescale.gapMs ?? 0) > 0)
      const { vertices } = await client.details()
      const found = vertices.flatMap(({ name, subtasks }) =>
        name.includes('rules') ? [] : subtasks.length,
      )
      assert.deepEqual(new Set(found), new Set([parallelism]))
      await collected(least)
    }
    const counts = await collected(count)
    const alarms = await client.collect<number>('alarms', (each) => each.length >= count)
    assertExact(counts, alarms, count)
    for (const { rules } of counts.slice(-1000)) assert.equal(rules, ruleCount)
    await client.rescale(2)
    const restored = [...restoredIn(folder)].sort(([left], [right]) => left - right)
    let before = 2
    for (const [checkpointId, of] of restored) {
      const items = of.flatMap(({ list }) => list)
      assert.equal(new Set(items).size, items.length, `${checkpointId}: an item came twice`)
      const selves = range(before).map((subtask) => `${subtask}/${before}`)
      for (const { union } of of) assert.deepEqual(union, selves)
      before = of.length
    }
    assert.deepEqual(
      restored.map(([, of]) => of.length),
      [4, 1, 3, 2],
    )
    const last = restored.at(-1)?.[1].flatMap(({ list }) => list) ?? []
    assert.deepEqual(sorted(last), range(count))
    await client.cancel()
    await client.result()
    await cluster.untilIdle()
  })
}

test('a job runs smaller while slots are missing, and grows back with them', {
  timeout,
}, async () => {
  const own = await MiniCluster.start({ taskManagers: 1, slotsPerTaskManager: 2 })
  try {
    const folder = mkdtempSync(join(root, 'slots-'))
    const count = 8000
    const args = { folder, count: String(count), interval: '200 ms' }
    const configuration = { 'parallelism.min': '2', 'slot.request.timeout': '400 ms' }
    const client = await own.submit(module, { args, parallelism: 4, configuration })
    const becomes = (parallelism: number, cause: string) =>
      client.until(({ rescale, status }) => {
        const isDone = rescale?.state === 'completed' && rescale.cause === cause
        return status === 'RUNNING' && isDone && rescale.toParallelism === parallelism
      })
    const waits = () => client.until(({ rescale }) => rescale?.state === 'waiting-for-slots')
    const { rescale } = await waits()
    assert.deepEqual([rescale?.cause, rescale?.missingSlotCount], ['slots-returned', 2])
    await client.collect('counts', (records) => records.length >= 500)
    const second = await own.startTaskManager()
    await becomes(4, 'slots-returned')
    await second.close()
    const smaller = await waits()
    assert.equal(smaller.rescale?.fromParallelism, 2)
    await own.startTaskManager()
    await becomes(4, 'slots-returned')
    const counts = await client.collect<Counted>('counts', (each) => each.length >= count)
    const alarms = await client.collect<number>('alarms', (each) => each.length >= count)
    assertExact(counts, alarms, count)
  } finally {
    await own.close()
  }
})

test('with fewer slots than its least parallelism the job fails', { timeout }, async () => {
  const folder = mkdtempSync(join(root, 'too-few-'))
  const args = { folder, count: '100' }
  const configuration = { 'parallelism.min': '5', 'slot.request.timeout': '300 ms' }
  const client = await cluster.submit(module, { args, parallelism: 6, configuration })
  await assert.rejects(client.result(), { code: 'SLOTS_MISSING' })
  await cluster.untilIdle()
})

test('what cannot be is refused, and the job goes on as it was', { timeout }, async () => {
  const folder = mkdtempSync(join(root, 'refused-'))
  const args = { folder, count: '100' }
  const configuration = { 'slot.request.timeout': '500 ms' }
  const client = await cluster.submit(module, { args, parallelism: 2, configuration })
  await client.until(({ status }) => status === 'RUNNING')
  assert.equal(await client.rescale(2), undefined)
  for (const parallelism of [0, 32_769]) {
    await assert.rejects(client.rescale(parallelism), { code: 'ARGUMENT_INVALID' })
  }
  const [missing, refused] = await Promise.allSettled([client.rescale(40), client.rescale(3)])
  assert.equal(missing.status === 'rejected' && missing.reason.code, 'SLOTS_MISSING')
  assert.equal(refused.status === 'rejected' && refused.reason.code, 'RESCALE_REFUSED')
  const details = await client.details()
  assert.equal(details.vertices.at(-1)?.parallelism, 2)
  assert.equal(details.restartCount, 0)
  await client.cancel()
  await client.result()
  await assert.rejects(client.rescale(3), { code: 'RESCALE_REFUSED' })
  await cluster.untilIdle()
})
