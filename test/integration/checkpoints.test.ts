// Checkpoints of a real cluster in one process: through failures of user code every record counts
// exactly once.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'

const module = new URL('./jobs/counted-through-failures.ts', import.meta.url)
const timeout = 60_000

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

interface Counted {
  readonly key: number
  readonly count: number
}

function totalsOf(counted: readonly Counted[]): readonly (readonly [number, number])[] {
  const totals = new Map<number, number>()
  for (const { key, count } of counted) totals.set(key, Math.max(totals.get(key) ?? 0, count))
  return [...totals].sort(([left], [right]) => left - right)
}

for (const [parallelism, failures, backend] of [
  [1, 0, 'heap'],
  [1, 3, 'heap'],
  [3, 0, 'leveldb'],
  [3, 3, 'heap'],
  [3, 3, 'leveldb'],
] as const) {
  const how = `parallelism ${parallelism} on ${backend} through up to ${failures} failures`
  test(`totals are exact at ${how}`, { timeout }, async () => {
    // Long enough to see a checkpoint complete before each failure.
    const count = failures === 0 ? 1000 : 6000
    const configuration = { 'state.backend.type': backend }
    const args = { count: String(count), failures: String(failures) }
    const client = await cluster.submit(module, { args, parallelism, configuration })
    const result = await client.result()
    const counted = result.collected<Counted>('counts')
    const expected = Array.from({ length: 10 }, (_, key) => [key, count / 10])
    assert.deepEqual(totalsOf(counted), expected)
    const { checkpoints, failures: failed } = await client.details()
    assert.ok((checkpoints?.completedCount ?? 0) > failed.length, JSON.stringify(checkpoints))
    // A slow machine comes to the end of the input before the last of them.
    assert.equal(failed.length > 0, failures > 0)
    if (failures > 0) assert.ok(checkpoints?.latestRestored !== undefined, 'from a checkpoint')
    // What was collected after the checkpoint that was restored is void.
    assert.equal(counted.length, count)
    await cluster.untilIdle()
  })
}

test('totals are exact when a TaskManager goes away, several checkpoints in flight', {
  timeout,
}, async () => {
  const own = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
  try {
    const leaving = await own.startTaskManager()
    const configuration = { 'execution.checkpointing.max-concurrent-checkpoints': '3' }
    const args = { count: '6000' }
    const client = await own.submit(module, { args, parallelism: 3, configuration })
    await client.until(({ checkpoints }) => (checkpoints?.completedCount ?? 0) >= 2)
    await leaving.close()
    const counted = (await client.result()).collected<Counted>('counts')
    assert.equal(counted.length, 6000)
    assert.deepEqual(
      totalsOf(counted),
      Array.from({ length: 10 }, (_, key) => [key, 600]),
    )
  } finally {
    await own.close()
  }
})
