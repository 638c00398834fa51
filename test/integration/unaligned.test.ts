// Unaligned checkpoints of a real cluster in one process whose inputs are full.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { type Counted, keyCount } from './jobs/slow-count.ts'

const module = new URL('./jobs/slow-count.ts', import.meta.url)
const timeout = 90_000
const unaligned = { 'execution.checkpointing.unaligned.enabled': 'true' }

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

/** Each hundredth count of each key, once. */
function assertExact(counted: readonly Counted[], count: number): void {
  const textOf = ({ key, count: nth }: Counted) => `${key}: ${nth}`
  const expected = Array.from({ length: keyCount }, (_, key) =>
    Array.from({ length: count / keyCount / 100 }, (_, index) => ({
      key,
      count: 100 * (index + 1),
    })),
  )
  assert.deepEqual(counted.map(textOf).sort(), expected.flat().map(textOf).sort())
}

test('where inputs are full an aligned checkpoint waits, an unaligned one does not', {
  timeout,
}, async () => {
  const args = { count: '200000', microseconds: '400' }
  const aligned = await cluster.submit(module, { args, parallelism: 2 })
  await aligned.until(({ checkpoints }) => checkpoints?.pending.length === 1)
  const configuration = unaligned
  const client = await cluster.submit(module, { args, parallelism: 2, configuration })
  const { checkpoints } = await client.until((details) => {
    return (details.checkpoints?.completedCount ?? 0) >= 3
  })
  assert.equal(checkpoints?.failedCount, 0)
  const late = (await aligned.details()).checkpoints
  assert.ok((late?.completedCount ?? 0) <= 1, 'while the other job completed three')
  for (const job of [client, aligned]) {
    await job.cancel()
    await job.result()
  }
  await cluster.untilIdle()
})

for (const [parallelism, timeoutMs] of [
  [1, 0],
  [3, 0],
  [3, 60],
] as const) {
  const how = `at parallelism ${parallelism}, after ${timeoutMs} ms`
  test(`a job is exact after failures under backpressure, ${how}`, { timeout }, async () => {
    const configuration = {
      ...unaligned,
      'execution.checkpointing.aligned-checkpoint-timeout': `${timeoutMs} ms`,
    }
    const count = 20_000
    const args = { count: String(count), microseconds: '100', failures: '2' }
    const client = await cluster.submit(module, { args, parallelism, configuration })
    const result = await client.result()
    assertExact(result.collected<Counted>('counts'), count)
    const { checkpoints, failures } = await client.details()
    assert.ok(failures.length > 0)
    assert.ok(checkpoints?.latestRestored !== undefined, 'from a checkpoint')
    await cluster.untilIdle()
  })
}

test('a job whose inputs are full is rescaled with what is on its way', { timeout }, async () => {
  const count = 30_000
  const args = { count: String(count), microseconds: '200' }
  const client = await cluster.submit(module, { args, parallelism: 2, configuration: unaligned })
  await client.until(({ checkpoints }) => (checkpoints?.completedCount ?? 0) >= 2)
  for (const parallelism of [4, 1]) {
    const rescale = await client.rescale(parallelism)
    assert.ok((rescale?.gapMs ?? 1e9) < 10_000)
  }
  assertExact((await client.result()).collected<Counted>('counts'), count)
  await cluster.untilIdle()
})
