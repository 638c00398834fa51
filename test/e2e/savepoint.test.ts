// Savepoints by the command line, of a cluster of real processes: a job is stopped and gone on from
// again and again, while TaskManagers are killed, and still every record is counted once.
//
//   SAVEPOINT_SECONDS=300 node --conditions=source --test test/e2e/savepoint.test.ts

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, randomBelow, SeededRandom } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { type CommandResult, RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'
import { readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const recordsPerSecond = 1_000
const strikeMsMax = 1_500

async function startCluster(taskManagers: number): Promise<RealCluster> {
  const cluster = await RealCluster.prepare(2, (directory) => ({
    'execution.checkpointing.dir': join(directory, 'checkpoints'),
    'execution.checkpointing.savepoint-dir': join(directory, 'savepoints'),
    'execution.checkpointing.interval': '300 ms',
    'restart-strategy.exponential-delay.initial-backoff': '50 ms',
    'restart-strategy.exponential-delay.max-backoff': '200 ms',
    'heartbeat.interval': '200 ms',
  }))
  cluster.startJobManager()
  for (let count = 0; count < taskManagers; count++) cluster.startTaskManager()
  await cluster.untilRegistered(taskManagers)
  return cluster
}

function submit(cluster: RealCluster, n: number, ...options: readonly string[]): Promise<JobId> {
  const args = {
    n,
    rate: recordsPerSecond,
    keys: 100,
    output: join(cluster.directory, 'out'),
    trouble: join(cluster.directory, 'trouble'),
  }
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
  return cluster.submit(job, '--parallelism', '2', ...options, '--', ...words)
}

const has = (records: number) => (details: JobDetails) =>
  details.status === 'RUNNING' && recordsIn(details) > records

/** It runs with all its tasks. */
function isWellOrOver({ endedAtMs, vertices }: JobDetails): boolean {
  const subtasks = vertices.flatMap((vertex) => vertex.subtasks)
  return endedAtMs > 0 || subtasks.every(({ state }) => state === 'RUNNING')
}

function savepointsIn(cluster: RealCluster): readonly string[] {
  const folder = join(cluster.directory, 'savepoints')
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}

test('savepoints, stop and disposal, as they are typed', async () => {
  const cluster = await startCluster(2)
  const millrace = (...words: readonly string[]): Promise<CommandResult> => {
    return cluster.millrace(...words, '--jobmanager', cluster.address)
  }
  try {
    const n = 1_000_000
    const first = await submit(cluster, n)
    await cluster.untilJob(first, has(300))

    const taken = await millrace('savepoint', first.slice(0, 8))
    assert.equal(taken.exitCode, 0, taken.stderr)
    const [path] = savepointsIn(cluster)
    assert.equal(taken.stdout, `${path}\n`, 'the path is the one line for scripts')

    const detached = await millrace('savepoint', first, join(cluster.directory, 'other'), '-d')
    const savepointId = detached.stdout.trim()
    assert.match(savepointId, /^[0-9a-f]{12}$/)
    const told = await (async () => {
      for (;;) {
        const { stdout } = await millrace('savepoint', 'status', first, savepointId, '--json')
        const [savepoint] = JSON.parse(stdout)
        if (savepoint.endedAtMs > 0) return savepoint
        await delay(50)
      }
    })()
    assert.equal(told.state, 'completed')
    assert.ok(existsSync(join(told.location, '_metadata')))

    const refused = await millrace('savepoint', first, 'somewhere')
    assert.equal(refused.exitCode, 1)
    assert.match(refused.stderr, /SAVEPOINT_REFUSED[\s\S]*'somewhere' is no absolute path/)

    const stopped = await millrace('stop', first, '-p', join(cluster.directory, 'stopped'))
    assert.equal(stopped.exitCode, 0, stopped.stderr)
    const { status, restartCount } = await cluster.client.requestJob(first)
    assert.deepEqual([status, restartCount], ['FINISHED', 0])
    const again = await millrace('stop', first)
    assert.equal(again.exitCode, 1)
    assert.match(again.stderr, /it is FINISHED/)

    const second = await submit(cluster, n, '--from-savepoint', stopped.stdout.trim())
    await cluster.untilJob(second, has(300))
    const drained = await millrace('stop', second, '--drain')
    assert.equal(drained.exitCode, 0, drained.stderr)
    const { repeated, miscounted, lineCount } = readKeyedTotals(join(cluster.directory, 'out'), n)
    assert.deepEqual({ repeated, miscounted }, { repeated: [], miscounted: [] })
    assert.ok(lineCount >= 600, `${lineCount} lines`)

    const disposed = await cluster.millrace('savepoint', 'dispose', path ?? '')
    assert.equal(disposed.exitCode, 0, disposed.stderr)
    assert.equal(existsSync(path ?? ''), false)
    const nothing = await cluster.millrace('savepoint', 'dispose', path ?? '')
    assert.match(nothing.stderr, /SAVEPOINT_NOT_FOUND/)
  } finally {
    await cluster.stop()
  }
})

test('a job that is stopped again and again while processes are killed counts once', async (context) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  context.diagnostic(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const seconds = Number(process.env['SAVEPOINT_SECONDS'] ?? 40)
  const n = Math.ceil(recordsPerSecond * seconds * 0.5)
  const cluster = await startCluster(0)
  const taskManagers = [1, 2, 3].map(() => cluster.startTaskManager())
  const outcomes: Record<string, number> = {}
  const note = (what: string): void => {
    outcomes[what] = (outcomes[what] ?? 0) + 1
  }
  const strike = async (): Promise<void> => {
    await delay(randomBelow(random, strikeMsMax))
    const victim = taskManagers.splice(randomBelow(random, taskManagers.length), 1)[0]
    if (victim === undefined) return
    await cluster.kill(victim)
    taskManagers.push(cluster.startTaskManager())
    note('killed')
  }
  try {
    await cluster.untilRegistered(3)
    let jobId = await submit(cluster, n)
    await cluster.untilJob(jobId, has(100))
    const end = performance.now() + 1000 * seconds
    while (performance.now() < end) {
      const { status: before } = await cluster.untilJob(jobId, isWellOrOver, 180_000)
      if (before === 'FINISHED') break
      const verb = randomBelow(random, 3) === 0 ? 'savepoint' : 'stop'
      const taking = cluster.millrace(verb, jobId, '--jobmanager', cluster.address)
      if (randomBelow(random, 3) > 0) await strike()
      const done = await taking
      note(`${verb} ${done.exitCode}`)
      if (done.exitCode !== 0) {
        assert.match(done.stderr, /SAVEPOINT_(FAILED|REFUSED)/)
        continue
      }
      const location = done.stdout.trim()
      assert.ok(existsSync(join(location, '_metadata')), location)
      if (verb === 'stop') jobId = await submit(cluster, n, '--from-savepoint', location)
    }
    const { status, failure } = await cluster.untilEndedOrStuck(jobId)
    assert.equal(status, 'FINISHED', failure?.message)
    context.diagnostic(JSON.stringify(outcomes))
    const { lost, repeated, miscounted } = readKeyedTotals(join(cluster.directory, 'out'), n)
    assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
    for (const path of savepointsIn(cluster)) {
      const bytes = readFileSync(join(path, '_metadata'))
      assert.ok(bytes.length > 0, `${path} is whole or not there`)
    }
  } catch (error) {
    context.diagnostic(JSON.stringify(outcomes))
    throw error
  } finally {
    await cluster.stop()
  }
})
