// Memory stays flat: behind a sink that does not take anything for a minute, and while one record
// is turned into fifty million.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'

const stuckMs = 60_000
const growthMbMax = 60

let cluster: RealCluster

before(async () => {
  cluster = await RealCluster.start({ taskManagers: 2, slots: 1 })
})

after(async () => {
  await cluster.stop()
})

const job = (name: string): string => join(import.meta.dirname, 'jobs', name)

function residentMb(): readonly number[] {
  return cluster.processIds.map(
    (id) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'latin1'))?.[1]) / 1024,
  )
}

/** Largest growth of any process against `before`, looked at every 100 ms until `isOver`. */
async function peakGrowthMb(
  before: readonly number[],
  isOver: () => Promise<boolean>,
): Promise<number> {
  let peak = 0
  do {
    residentMb().forEach((mb, index) => {
      peak = Math.max(peak, mb - (before[index] ?? 0))
    })
    await delay(100)
  } while (!(await isOver()))
  return peak
}

test('a sink that takes nothing for a minute stops the source, and memory stays flat', async (t) => {
  const jobId = await cluster.submit(job('stuck-sink.ts'), '--parallelism', '2')
  await cluster.untilJob(jobId, (details) => details.status === 'RUNNING')
  await delay(3000)
  const before = residentMb()
  const records = recordsIn(await cluster.client.requestJob(jobId))
  const deadline = performance.now() + stuckMs
  const peak = await peakGrowthMb(before, async () => performance.now() > deadline)
  t.diagnostic(`at most ${peak.toFixed(1)} MB more in a minute`)
  assert(peak < growthMbMax, `a process grew by ${peak.toFixed(1)} MB`)
  assert.equal(recordsIn(await cluster.client.requestJob(jobId)), records)
  await cluster.client.cancelJob(jobId)
  assert.equal((await cluster.untilEnded(jobId)).status, 'CANCELED')
})

test('one record that becomes fifty million passes in flat memory', async (t) => {
  const warm = await cluster.submit(job('explode.ts'), '--parallelism', '2', '--', '--n', '2000000')
  assert.equal((await cluster.untilEnded(warm)).status, 'FINISHED')
  const before = residentMb()
  const jobId = await cluster.submit(
    job('explode.ts'),
    '--parallelism',
    '2',
    '--',
    '--n',
    '50000000',
  )
  const peak = await peakGrowthMb(before, async () => {
    return (await cluster.client.requestJob(jobId)).endedAtMs > 0
  })
  const details = await cluster.client.requestJob(jobId)
  assert.equal(details.status, 'FINISHED', details.failure?.message)
  t.diagnostic(`at most ${peak.toFixed(1)} MB more`)
  assert(peak < growthMbMax, `a process grew by ${peak.toFixed(1)} MB`)
})
