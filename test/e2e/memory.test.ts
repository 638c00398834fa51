// Memory stays flat: behind a sink that does not take anything for a minute, and while one record
// is turned into fifty million.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobId } from '@millrace/core'
import { residentMb } from '../real-cluster/process-state.ts'
import { RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'

const stuckMs = 60_000
/** Longer than the time between two reports of metrics. */
const stillMs = 4_000
const explodedCount = 50_000_000
const growthMbMax = 60

let cluster: RealCluster

before(async () => {
  cluster = await RealCluster.start({ taskManagers: 2, slots: 1 })
})

after(async () => {
  await cluster?.stop()
})

const job = (name: string): string => join(import.meta.dirname, 'jobs', name)

const residentOfAll = (): readonly number[] => cluster.processIds.map((id) => residentMb(id))

/** Largest growth of any process against `before`, looked at every 100 ms until `isOver`. */
async function peakGrowthMb(
  before: readonly number[],
  isOver: () => Promise<boolean>,
): Promise<number> {
  let peak = 0
  do {
    residentOfAll().forEach((mb, index) => {
      peak = Math.max(peak, mb - (before[index] ?? 0))
    })
    await delay(100)
  } while (!(await isOver()))
  return peak
}

/** Resolves when backpressure has reached the source; with the records that came in until then. */
async function untilStill(jobId: JobId): Promise<number> {
  let records = 0
  let since = performance.now()
  await cluster.untilJob(jobId, (details) => {
    const now = recordsIn(details)
    if (now !== records) since = performance.now()
    records = now
    return records > 0 && performance.now() - since > stillMs
  })
  return records
}

test('a sink that takes nothing for a minute stops the source, and memory stays flat', async (t) => {
  const jobId = await cluster.submit(job('stuck-sink.ts'), '--parallelism', '2')
  const records = await untilStill(jobId)
  const before = residentOfAll()
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
  const before = residentOfAll()
  const args = ['--parallelism', '2', '--', '--n', String(explodedCount)]
  const jobId = await cluster.submit(job('explode.ts'), ...args)
  const peak = await peakGrowthMb(before, async () => {
    return (await cluster.client.requestJob(jobId)).endedAtMs > 0
  })
  const details = await cluster.client.requestJob(jobId)
  assert.equal(details.status, 'FINISHED', details.failure?.message)
  const next = details.vertices.find((vertex) => vertex.name.startsWith('next'))
  const passed = next?.subtasks.map((subtask) => subtask.metrics?.recordsIn ?? 0)
  assert.equal(
    passed?.reduce((sum, count) => sum + count, 0),
    explodedCount,
  )
  t.diagnostic(`at most ${peak.toFixed(1)} MB more`)
  assert(peak < growthMbMax, `a process grew by ${peak.toFixed(1)} MB`)
})
