// kill -9 of any TaskManager while jobs run, again and again: every bounded job ends with the right
// result, and at the end the cluster has exactly the processes, threads, sockets and slots it began
// with.

import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { randomBelow, SeededRandom } from '@millrace/core'
import { RealCluster } from '../real-cluster/real-cluster.ts'
import { expectedSums, readSums } from './bounded-sum-model.ts'

const killCount = 50
const killsPerJobMax = 4
const recordCount = 1_000_000
/**
 * A kill falls this long after the submission or the last kill, at random: before, in or after the
 * run.
 */
const killDelayMsMax = 800
const keyCount = 1000
const taskManagerCount = 3
const job = join(import.meta.dirname, 'jobs', 'bounded-sum.ts')

let cluster: RealCluster
const alive: string[] = []

before(async () => {
  cluster = await RealCluster.start({ taskManagers: 0, slots: 2 })
  for (let i = 0; i < taskManagerCount; i++) alive.push(cluster.startTaskManager())
  await cluster.untilRegistered(taskManagerCount)
})

after(async () => {
  await cluster.stop()
})

test('every bounded job survives kills of TaskManagers with the right result', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const expected = expectedSums(recordCount, keyCount)
  const jobManager = cluster.process('jobmanager').pid ?? 0
  await runJob(random, expected, 0)
  const handlesBefore = openHandles(jobManager)

  let killed = 0
  let restarts = 0
  while (killed < killCount) {
    const kills = Math.min(killCount - killed, randomBelow(random, killsPerJobMax) + 1)
    restarts += await runJob(random, expected, kills)
    killed += kills
  }
  context.diagnostic(`${killed} kills, ${restarts} restarts`)
  assert(restarts > killCount / 4, `only ${restarts} restarts: the kills hit nothing`)

  const overview = await cluster.untilCluster(
    ({ freeSlotCount, taskManagers }) =>
      freeSlotCount === 2 * taskManagerCount && taskManagers.length === taskManagerCount,
  )
  assert.equal(overview.slotCount, 2 * taskManagerCount)
  await cluster.untilCluster(() => openHandles(jobManager).threads <= handlesBefore.threads)
  const handlesAfter = openHandles(jobManager)
  assert(
    handlesAfter.descriptors <= handlesBefore.descriptors + 2,
    `the JobManager went from ${handlesBefore.descriptors} to ${handlesAfter.descriptors} ` +
      `descriptors`,
  )
})

/** Runs one job with kills at random moments; returns how often it restarted. */
async function runJob(
  random: SeededRandom,
  expected: ReadonlyMap<number, number>,
  kills: number,
): Promise<number> {
  const output = join(cluster.directory, 'out')
  rmSync(output, { recursive: true, force: true })
  const args = ['--n', recordCount, '--keys', keyCount, '--output', output].map(String)
  const jobId = await cluster.submit(job, '--parallelism', '3', '--', ...args)
  for (let i = 0; i < kills; i++) {
    await delay(randomBelow(random, killDelayMsMax))
    const victim = alive.splice(randomBelow(random, alive.length), 1)[0]
    assert(victim !== undefined)
    await cluster.kill(victim)
    alive.push(cluster.startTaskManager())
  }
  const details = await cluster.untilEnded(jobId)
  assert.equal(details.status, 'FINISHED', details.failure?.message)
  const found = readSums(output)
  assert.equal(found.lineCount, recordCount)
  assert.deepEqual(found.sums, expected)
  return details.restartCount
}

function openHandles(processId: number): { descriptors: number; threads: number } {
  return {
    descriptors: readdirSync(`/proc/${processId}/fd`).length,
    threads: readdirSync(`/proc/${processId}/task`).length,
  }
}
