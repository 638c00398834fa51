// kill -9 of any TaskManager while jobs run, again and again: every bounded job ends with the right
// result, and at the end the cluster has exactly the processes, threads, sockets and slots it began
// with.

import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, randomBelow, SeededRandom } from '@millrace/core'
import { childProcesses, type OpenHandles, openHandles } from '../real-cluster/process-state.ts'
import { RealCluster } from '../real-cluster/real-cluster.ts'
import { expectedSums, readSums } from './bounded-sum-model.ts'

const killCount = 50
const killsPerJobMax = 4
const recordCount = 500_000
/**
 * Every other kill comes this long after the submission or the last kill, at random: before, in or
 * after the run. The others come when all tasks run, and hit for sure.
 */
const killDelayMsMax = 600
const keyCount = 1000
const taskManagerCount = 3
const slotsPerTaskManager = 2
const job = join(import.meta.dirname, 'jobs', 'bounded-sum.ts')
/** Descriptors that come and go by themselves, such as a connection of the test's client. */
const descriptorSlack = 4

let cluster: RealCluster
const alive: string[] = []

before(async () => {
  cluster = await RealCluster.start({ taskManagers: 0, slots: slotsPerTaskManager })
  for (let i = 0; i < taskManagerCount; i++) alive.push(cluster.startTaskManager())
  await untilWhole()
})

after(async () => {
  await cluster?.stop()
})

test('every bounded job survives kills of TaskManagers with the right result', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const expected = expectedSums(recordCount, keyCount)
  await runJob(random, expected, 0)
  await untilWhole()
  const before = handles()

  let killed = 0
  let restarts = 0
  while (killed < killCount) {
    const kills = Math.min(killCount - killed, randomBelow(random, killsPerJobMax) + 1)
    restarts += await runJob(random, expected, kills)
    killed += kills
  }
  context.diagnostic(`${killed} kills, ${restarts} restarts`)
  assert(restarts > killCount / 4, `only ${restarts} restarts: the kills hit nothing`)

  // One run more, so that every TaskManager has done what those of `before` had.
  assert.equal(await runJob(random, expected, 0), 0)
  const overview = await untilWhole()
  assert.equal(overview.slotCount, slotsPerTaskManager * taskManagerCount)
  assert.equal(childProcesses().length, 1 + taskManagerCount)
  await untilNoMore(before)
})

const jobManagerId = (): number => cluster.process('jobmanager').pid ?? 0

/** Of the JobManager, then of the TaskManager that has most. */
function handles(): readonly [OpenHandles, OpenHandles] {
  const taskManagers = alive.map((name) => openHandles(cluster.process(name).pid ?? 0))
  const most = (read: (each: OpenHandles) => number): number =>
    Math.max(...taskManagers.map((each) => read(each)))
  return [
    openHandles(jobManagerId()),
    {
      threads: most((each) => each.threads),
      descriptors: most((each) => each.descriptors),
      sockets: most((each) => each.sockets),
    },
  ]
}

/** Resolves when all that died is replaced and no slot is held. */
async function untilWhole(): ReturnType<RealCluster['untilCluster']> {
  return await cluster.untilCluster(
    ({ freeSlotCount, taskManagers }) =>
      freeSlotCount === slotsPerTaskManager * taskManagerCount &&
      taskManagers.length === taskManagerCount,
  )
}

/** Threads and connections that are ending are waited for; fails if some stay. */
async function untilNoMore(before: readonly [OpenHandles, OpenHandles]): Promise<void> {
  const seen = (): string => `${JSON.stringify(before)} became ${JSON.stringify(handles())}`
  const isNoMore = (): boolean =>
    handles().every((now, index) => {
      const then = before[index]
      return (
        then !== undefined &&
        now.threads <= then.threads &&
        now.sockets <= then.sockets + descriptorSlack &&
        now.descriptors <= then.descriptors + descriptorSlack
      )
    })
  for (const deadline = performance.now() + 30_000; !isNoMore(); ) {
    assert(performance.now() < deadline, seen())
    await delay(100)
  }
}

/** Runs one job with kills; returns how often it restarted. */
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
    if (i % 2 === 0) await untilRunsOrEnded(jobId)
    else await delay(randomBelow(random, killDelayMsMax))
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

async function untilRunsOrEnded(jobId: JobId): Promise<void> {
  await cluster.untilJob(
    jobId,
    ({ endedAtMs, vertices }) =>
      endedAtMs > 0 ||
      vertices.every(({ subtasks }) => subtasks.every(({ state }) => state === 'RUNNING')),
  )
}
