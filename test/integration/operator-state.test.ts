// Operator state and broadcast state of a real cluster in one process, through failures.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { type Judged, ruleCount } from './jobs/rules-through-failures.ts'

const module = new URL('./jobs/rules-through-failures.ts', import.meta.url)
const timeout = 60_000

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

for (const parallelism of [1, 3]) {
  test(`rules of a source that ended survive failures at parallelism ${parallelism}`, {
    timeout,
  }, async () => {
    const args = { count: '4000', failures: '2' }
    const client = await cluster.submit(module, { args, parallelism })
    const result = await client.result()
    const judged = result.collected<Judged>('judged')
    const values = judged.map(({ value }) => value).sort((a, b) => a - b)
    assert.deepEqual(
      values,
      Array.from({ length: 4000 }, (_, value) => value),
    )
    for (const { value, number } of judged) assert.equal(number, value)
    const late = judged.filter(({ value }) => value >= 3000)
    assert.deepEqual([...new Set(late.map(({ rules }) => rules))], [ruleCount])
    const { checkpoints, failures } = await client.details()
    assert.equal(failures.length, 2)
    assert.ok(checkpoints?.latestRestored !== undefined, 'from a checkpoint')
    await cluster.untilIdle()
  })
}

test('failures of the last checkpoint add nothing and lose nothing', { timeout }, async () => {
  const args = { count: '50', failures: '2' }
  const configuration = { 'execution.checkpointing.interval': '1 h' }
  const client = await cluster.submit(module, { args, parallelism: 2, configuration })
  const result = await client.result()
  const values = result.collected<Judged>('judged').map(({ value }) => value)
  assert.deepEqual(
    values.sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, value) => value),
  )
  assert.equal((await client.details()).failures.length, 2)
  await cluster.untilIdle()
})

test('a broadcast element has no key, whatever key came before it', { timeout }, async () => {
  const misuse = new URL('./jobs/broadcast-misuse.ts', import.meta.url)
  const client = await cluster.submit(misuse, { parallelism: 2 })
  await assert.rejects(client.result(), { code: 'KEY_INVALID', message: /'misuse'/ })
  await cluster.untilIdle()
})
