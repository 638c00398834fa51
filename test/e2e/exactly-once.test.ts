// Processes are killed, stopped and cut off, functions throw, a disk refuses writes, again and
// again, while a keyed job writes to the exactly-once file sink: every record is in its output once
// and every count is right.
//
//   STRIKE_SECONDS=600 node --conditions=source --test test/e2e/exactly-once.test.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, randomBelow, SeededRandom } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { childProcesses } from '../real-cluster/process-state.ts'
import { type Strike, strikes, TroubledCluster } from '../real-cluster/troubled-cluster.ts'
import { untilEmpty } from '../real-cluster/until-empty.ts'
import { type KeyedTotals, readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const recordsPerSecond = 2_000
/** Of the time of the strikes, in which it certainly does not run without a break. */
const runningShare = 0.8
const keyCount = 1_000
const calmMsMax = 2_500
const wellMsMax = 180_000
/** So often the job is let come to itself, however slow the machine is. */
const strikesPerRecovery = 3

/** How long the cluster is struck; the job then runs to its end. */
function strikeSeconds(otherwise: number): number {
  return Number(process.env['STRIKE_SECONDS'] ?? otherwise)
}

for (const backend of ['heap', 'leveldb']) {
  test(`every record counts once through all that strikes, on ${backend}`, async (context) => {
    const { lost, repeated, miscounted } = await strikeWhileRunning(context, strikeSeconds(50), {
      'state.backend.type': backend,
    })
    assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
  })
}

test('with AT_LEAST_ONCE no record is lost through all that strikes', async (context) => {
  const { lost } = await strikeWhileRunning(context, strikeSeconds(20), {
    'execution.checkpointing.mode': 'AT_LEAST_ONCE',
  })
  assert.deepEqual(lost, [])
})

/** Runs the job under strikes to its end; returns what it has published. */
async function strikeWhileRunning(
  context: TestContext,
  seconds: number,
  settings: Readonly<Record<string, string>>,
): Promise<KeyedTotals> {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const troubled = await TroubledCluster.start(new SeededRandom(seed), {
    'execution.checkpointing.interval': '500 ms',
    'execution.checkpointing.num-retained': '2',
    'restart-strategy.exponential-delay.initial-backoff': '100 ms',
    'restart-strategy.exponential-delay.max-backoff': '1 s',
    ...settings,
  })
  const totals = await runAndStop(context, troubled, seconds)
  assert.deepEqual(childProcesses(), [])
  assert.deepEqual(troubled.tracesInSystem(), [])
  return totals
}

async function runAndStop(
  context: TestContext,
  troubled: TroubledCluster,
  seconds: number,
): Promise<KeyedTotals> {
  try {
    const recordCount = Math.ceil(recordsPerSecond * seconds * runningShare)
    const totals = await runToTheEnd(context, troubled, seconds, recordCount)
    assert.deepEqual(await untilEmpty(() => troubled.leftBehind()), [])
    return totals
  } catch (error) {
    context.diagnostic(troubled.history)
    throw error
  } finally {
    await troubled.stop()
  }
}

async function runToTheEnd(
  context: TestContext,
  troubled: TroubledCluster,
  seconds: number,
  recordCount: number,
): Promise<KeyedTotals> {
  const { cluster, troubleDirectory } = troubled
  const output = join(cluster.directory, 'out')
  const args = {
    n: recordCount,
    rate: recordsPerSecond,
    keys: keyCount,
    output,
    trouble: troubleDirectory,
  }
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
  const jobId = await cluster.submit(job, '--parallelism', '3', '--', ...words)
  await cluster.untilJob(jobId, ({ status }) => status === 'RUNNING')
  const struck = await strikeAtRandom(troubled, jobId, seconds)
  const { status, failure } = await cluster.untilEndedOrStuck(jobId)
  context.diagnostic(`${JSON.stringify(struck)}, ${JSON.stringify(troubled.recoveries())}`)
  assert.equal(status, 'FINISHED', failure?.message)
  const totals = readKeyedTotals(output, recordCount)
  context.diagnostic(`${totals.lineCount} lines of ${recordCount} records`)
  return totals
}

/** Returns how often each was done. */
async function strikeAtRandom(
  troubled: TroubledCluster,
  jobId: JobId,
  seconds: number,
): Promise<Readonly<Record<string, number>>> {
  const struck: Record<string, number> = {}
  const end = performance.now() + seconds * 1000
  for (let count = 0; performance.now() < end; count++) {
    // Others come in the middle of a recovery, or where nothing has recovered yet.
    if (count % strikesPerRecovery === 0)
      await troubled.cluster.untilJob(jobId, isWellOrOver, wellMsMax)
    const strike = strikes[randomBelow(troubled.random, strikes.length)] as Strike
    struck[strike] = (struck[strike] ?? 0) + 1
    await troubled.strike(strike)
    await delay(randomBelow(troubled.random, calmMsMax))
  }
  return struck
}

/** It runs, and takes checkpoints. */
function isWellOrOver({ endedAtMs, vertices, checkpoints }: JobDetails): boolean {
  if (endedAtMs > 0) return true
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks)
  if (!subtasks.every(({ state }) => state === 'RUNNING')) return false
  const { latestCompleted, latestRestored } = checkpoints ?? {}
  return (latestCompleted?.checkpointId ?? 0) > (latestRestored?.checkpointId ?? 0)
}
