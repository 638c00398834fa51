// Processing-time timers on real threads, with the real clock.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'

const alarms = new URL('./jobs/alarms.ts', import.meta.url)
const timeout = 60_000
let cluster: MiniCluster

before(async () => {
  cluster = await MiniCluster.start({ slotsPerTaskManager: 2 })
})
after(() => cluster.close())

for (const parallelism of [1, 2]) {
  test(`each key's timer fires once at parallelism ${parallelism}`, { timeout }, async () => {
    const client = await cluster.submit(alarms, { parallelism })
    const fired = await client.collect<readonly [key: number, count: number]>(
      'alarms',
      (records) => records.length >= 10,
    )
    await client.cancel()
    assert.equal((await client.result()).status, 'CANCELED')
    const keys = fired.map(([key]) => key).sort((left, right) => left - right)
    assert.deepEqual(keys, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const [key, count] of fired) assert.ok(count >= 1, `key ${key} had ${count} records`)
    await cluster.untilIdle()
  })
}

test('what onTimer throws fails the job, by the names of both', { timeout }, async () => {
  await assert.rejects(cluster.run(alarms, { args: { fail: 'yes' } }), {
    code: 'USER_FUNCTION_FAILED',
    message: /'unpaid' \(subtask 1 of 1\) failed in onTimer: Error: order \d+ is not paid/,
  })
  await cluster.untilIdle()
})
