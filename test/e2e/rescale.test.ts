// A keyed job is rescaled up and down, again and again, while processes are killed and functions
// throw: every record is in its output once and every count is right.
//
//   STRIKE_SECONDS=600 node --conditions=source --test test/e2e/rescale.test.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, MillraceError, randomBelow, SeededRandom } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { childProcesses } from '../real-cluster/process-state.ts'
import { type Strike, strikes, TroubledCluster } from '../real-cluster/troubled-cluster.ts'
import { untilEmpty } from '../real-cluster/until-empty.ts'
import { readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const recordsPerSecond = 1_500
const parallelismMax = 6
const calmMsMax = 1_500
const wellMsMax = 180_000
/** Of the time, in which the job certainly does not run without a break. */
const runningShare = 0.7

const seconds = Number(process.env['STRIKE_SECONDS'] ?? 35)

/** What became of the commands, by exit code and the code of the failure. */
type Outcomes = Record<string, number>

test('every record counts once through rescales between all that strikes', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const troubled = await TroubledCluster.start(new SeededRandom(seed), {
    'execution.checkpointing.interval': '500 ms',
    'restart-strategy.exponential-delay.initial-backoff': '100 ms',
    'restart-strategy.exponential-delay.max-backoff': '1 s',
  })
  try {
    const recordCount = Math.ceil(recordsPerSecond * seconds * runningShare)
    const output = join(troubled.cluster.directory, 'out')
    const { lost, repeated, miscounted } = await run(context, troubled, output, recordCount)
    assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
    assert.deepEqual(await untilEmpty(() => troubled.leftBehind()), [])
  } catch (error) {
    context.diagnostic(troubled.history)
    throw error
  } finally {
    await troubled.stop()
  }
  assert.deepEqual(childProcesses(), [])
  assert.deepEqual(troubled.tracesInSystem(), [])
})

async function run(
  context: TestContext,
  troubled: TroubledCluster,
  output: string,
  recordCount: number,
) {
  const { cluster, troubleDirectory } = troubled
  const args = {
    n: recordCount,
    rate: recordsPerSecond,
    keys: 1_000,
    splits: 2 * parallelismMax,
    output,
    trouble: troubleDirectory,
  }
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
  const jobId = await cluster.submit(job, '--parallelism', '3', '--', ...words)
  await cluster.untilJob(jobId, isWellOrOver, wellMsMax)
  const outcomes = await rescaleAndStrike(troubled, jobId)
  context.diagnostic(`${JSON.stringify(outcomes)}, ${JSON.stringify(troubled.recoveries())}`)
  const { status, failure } = await cluster.untilEndedOrStuck(jobId)
  assert.equal(status, 'FINISHED', failure?.message)
  assert.ok((outcomes['completed'] ?? 0) >= 1, 'no rescale came about')
  return readKeyedTotals(output, recordCount)
}

/** Every other rescale is under way while something strikes. */
async function rescaleAndStrike(troubled: TroubledCluster, jobId: JobId): Promise<Outcomes> {
  const { random, cluster } = troubled
  const outcomes: Outcomes = {}
  const end = performance.now() + seconds * 1000
  let parallelism = 3
  for (let count = 0; performance.now() < end; count++) {
    const { endedAtMs } = await cluster.untilJob(jobId, isWellOrOver, wellMsMax)
    if (endedAtMs > 0) return outcomes
    // Mostly another one than it has.
    parallelism = 1 + ((parallelism + randomBelow(random, parallelismMax - 1)) % parallelismMax)
    const by = count % 4 === 0 ? rescaleByCommand : rescale
    const rescaled = by(troubled, jobId, parallelism)
    if (count % 2 === 1) {
      await delay(randomBelow(random, 800))
      await troubled.strike(strikes[randomBelow(random, strikes.length)] as Strike)
    }
    const outcome = await rescaled
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    await delay(randomBelow(random, calmMsMax))
  }
  return outcomes
}

/** By the client that the command line uses too: it takes no second to start. */
async function rescale(
  { cluster }: TroubledCluster,
  jobId: JobId,
  parallelism: number,
): Promise<string> {
  try {
    const { isUnchanged } = await cluster.client.rescaleJob({ jobId, parallelism })
    if (isUnchanged) return 'unchanged'
    for (;;) {
      const { rescale, endedAtMs } = await cluster.client.requestJob(jobId)
      if (rescale?.toParallelism !== parallelism || endedAtMs > 0) return 'lost sight'
      if (rescale.state === 'completed') return 'completed'
      if (rescale.failure !== undefined) return rescale.failure.code
      await delay(20)
    }
  } catch (error) {
    assert.ok(error instanceof MillraceError && error.code !== 'INTERNAL_ERROR', String(error))
    return error.code
  }
}

async function rescaleByCommand(
  { cluster }: TroubledCluster,
  jobId: JobId,
  parallelism: number,
): Promise<string> {
  const { exitCode, stdout, stderr } = await cluster.millrace(
    ...['rescale', jobId, '-p', String(parallelism), '--json'],
    ...['--jobmanager', cluster.address],
  )
  if (exitCode === 0) return (JSON.parse(stdout) as { readonly state: string }).state
  const code = /[A-Z]+(?:_[A-Z]+)+/.exec(stderr)?.[0]
  assert.ok(code !== undefined && code !== 'INTERNAL_ERROR', stderr)
  return code
}

/** It runs, and takes checkpoints. */
function isWellOrOver({ endedAtMs, vertices, checkpoints }: JobDetails): boolean {
  if (endedAtMs > 0) return true
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks)
  if (!subtasks.every(({ state }) => state === 'RUNNING')) return false
  const { latestCompleted, latestRestored } = checkpoints ?? {}
  return (latestCompleted?.checkpointId ?? 0) > (latestRestored?.checkpointId ?? 0)
}
