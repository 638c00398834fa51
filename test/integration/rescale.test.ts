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
    assert.deepEqual(sorted(alarms), range(count))
    assert.deepEqual(sorted(counts.map(({ index }) => index)), range(count))
    for (const [key, of] of Map.groupBy(counts, (counted) => counted.key)) {
      const expected = range(count / 50).map((index) => index + 1)
      assert.deepEqual(sorted(of.map((counted) => counted.count)), expected, `key ${key}`)
    }
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
