// Processes are killed, stopped and cut off, functions throw, a disk refuses writes, again and
// again, while a keyed job writes to the exactly-once file sink: every record is in its output once
// and every count is right.
//
//   STRIKE_SECONDS=600 node --conditions=source --test test/e2e/exactly-once.test.ts

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { randomBelow, SeededRandom } from '@millrace/core'
import { type Strike, strikes, TroubledCluster } from '../real-cluster/troubled-cluster.ts'
import { type KeyedTotals, readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
/** In which the cluster is struck; the job then runs to its end. */
const strikeSeconds = Number(process.env['STRIKE_SECONDS'] ?? 60)
const recordsPerSecond = 2_000
const recordCount = recordsPerSecond * strikeSeconds
const keyCount = 1_000
const calmMsMax = 2_500
/** For what is left of the job when nothing strikes any more. */
const endMsMax = 60_000 + strikeSeconds * 1_500

for (const backend of ['heap', 'leveldb']) {
  test(`every record counts once through all that strikes, on ${backend}`, async (context) => {
    const { lost, repeated, miscounted, lineCount } = await strikeWhileRunning(context, {
      'state.backend.type': backend,
    })
    assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
    assert.equal(lineCount, recordCount)
  })
}

test('with AT_LEAST_ONCE no record is lost through all that strikes', async (context) => {
  const { lost } = await strikeWhileRunning(context, {
    'execution.checkpointing.mode': 'AT_LEAST_ONCE',
  })
  assert.deepEqual(lost, [])
})

/** Runs the job under strikes to its end; returns what it has published. */
async function strikeWhileRunning(
  context: TestContext,
  settings: Readonly<Record<string, string>>,
): Promise<KeyedTotals> {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const troubled = await TroubledCluster.start(random, {
    'execution.checkpointing.interval': '500 ms',
    'execution.checkpointing.num-retained': '2',
    'restart-strategy.exponential-delay.initial-backoff': '100 ms',
    'restart-strategy.exponential-delay.max-backoff': '1 s',
    ...settings,
  })
  try {
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

    const struck = new Map<Strike, number>()
    for (const end = performance.now() + strikeSeconds * 1000; performance.now() < end; ) {
      const strike = strikes[randomBelow(random, strikes.length)] as Strike
      struck.set(strike, (struck.get(strike) ?? 0) + 1)
      await troubled.strike(strike)
      await delay(randomBelow(random, calmMsMax))
    }
    const { status, failure, restartCount } = await cluster.untilEnded(jobId, endMsMax)
    context.diagnostic(`${JSON.stringify(Object.fromEntries(struck))}, ${restartCount} restarts`)
    assert.equal(status, 'FINISHED', failure?.message)
    return readKeyedTotals(output, recordCount)
  } finally {
    await troubled.stop()
  }
}
