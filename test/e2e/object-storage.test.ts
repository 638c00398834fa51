// A keyed job keeps its checkpoints on a real server that speaks S3. TaskManagers and JobManager
// are killed; the server is killed and started again, slow, cut off in the middle of requests:
// every record is in the output once and every count is right.
//
//   STRIKE_SECONDS=600 node --conditions=source --test test/e2e/object-storage.test.ts

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, type Random, randomBelow, SeededRandom } from '@millrace/core'
import { RealCluster } from '../real-cluster/real-cluster.ts'
import { type Fate, S3Proxy } from '../real-cluster/s3-proxy.ts'
import { S3Server } from '../real-cluster/s3-server.ts'
import { untilEmpty } from '../real-cluster/until-empty.ts'
import { readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const recordsPerSecond = 2_000
/** Of the time of the strikes, in which it certainly does not run without a break. */
const runningShare = 0.8
const keyCount = 1_000
const taskManagerCount = 3
const calmMsMax = 2_000
const strikeSeconds = Number(process.env['STRIKE_SECONDS'] ?? 25)

let server: S3Server
let proxy: S3Proxy

before(async () => {
  server = await S3Server.start()
  proxy = await S3Proxy.start(server.port)
})

after(async () => {
  proxy?.close()
  await server?.stop()
})

const strikes = [
  'kill a TaskManager',
  'kill the JobManager',
  'kill the server',
  'slow the server',
  'cut requests off',
  'let the server be busy',
  'kill a TaskManager while the server is down',
] as const

for (const isBackedUp of [false, true]) {
  const how = isBackedUp ? ', with local copies' : ''
  test(`every record counts once with checkpoints on S3${how}`, async (context) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    context.diagnostic(`seed ${seed}`)
    const struck = new StruckCluster(new SeededRandom(seed))
    await struck.run(context, {
      'execution.checkpointing.local-backup.enabled': String(isBackedUp),
    })
  })
}

class StruckCluster {
  readonly #random: Random
  #cluster!: RealCluster
  #taskManagers: string[] = []

  constructor(random: Random) {
    this.#random = random
  }

  async run(context: TestContext, settings: Readonly<Record<string, string>>): Promise<void> {
    this.#cluster = await RealCluster.prepare(2, (directory) => ({
      'high-availability.type': 'filesystem',
      'high-availability.storageDir': join(directory, 'ha'),
      ...server.settings(proxy.port),
      'execution.checkpointing.dir': `s3://${server.bucket}/jobs`,
      'execution.checkpointing.interval': '500 ms',
      's3.socket.timeout': '3 s',
      's3.request.timeout': '20 s',
      'heartbeat.interval': '200 ms',
      'heartbeat.timeout': '2 s',
      'restart-strategy.exponential-delay.initial-backoff': '100 ms',
      'restart-strategy.exponential-delay.max-backoff': '1 s',
      ...settings,
    }))
    try {
      await this.#runToTheEnd(context)
    } finally {
      proxy.fateOf = () => 'pass'
      proxy.delayMs = 0
      await this.#cluster.stop()
    }
  }

  async #runToTheEnd(context: TestContext): Promise<void> {
    const cluster = this.#cluster
    cluster.startJobManager()
    for (let i = 0; i < taskManagerCount; i++) this.#taskManagers.push(cluster.startTaskManager())
    await cluster.untilRegistered(taskManagerCount)
    const recordCount = Math.ceil(recordsPerSecond * strikeSeconds * runningShare)
    const output = join(cluster.directory, 'out')
    const trouble = join(cluster.directory, 'trouble')
    mkdirSync(trouble)
    const args = { n: recordCount, rate: recordsPerSecond, keys: keyCount, output, trouble }
    const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
    const jobId = await cluster.submit(job, '--parallelism', '3', '--', ...words)
    await cluster.untilJob(jobId, ({ checkpoints }) => checkpoints?.latestCompleted !== undefined)
    const struck = await this.#strikeAtRandom()
    const { status, failure } = await cluster.untilEndedOrStuck(jobId)
    assert.equal(status, 'FINISHED', failure?.message)
    const { lineCount, lost, repeated, miscounted } = readKeyedTotals(output, recordCount)
    context.diagnostic(`${JSON.stringify(struck)}, ${lineCount} lines of ${recordCount} records`)
    assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
    assert.deepEqual(await untilEmpty(() => server.objects()), [])
    await this.#assertNothingTold(jobId)
  }

  /** Returns how often each was done. */
  async #strikeAtRandom(): Promise<Readonly<Record<string, number>>> {
    const struck: Record<string, number> = {}
    const end = performance.now() + strikeSeconds * 1000
    while (performance.now() < end) {
      const strike = strikes[randomBelow(this.#random, strikes.length)] ?? 'kill a TaskManager'
      struck[strike] = (struck[strike] ?? 0) + 1
      await this.#strike(strike, 200 + randomBelow(this.#random, 2_500))
      await delay(randomBelow(this.#random, calmMsMax))
    }
    return struck
  }

  async #strike(strike: (typeof strikes)[number], durationMs: number): Promise<void> {
    switch (strike) {
      case 'kill a TaskManager':
        return this.#killTaskManager()
      case 'kill the JobManager':
        await this.#cluster.kill('jobmanager')
        this.#cluster.startJobManager()
        return
      case 'kill the server':
        await server.kill()
        await delay(durationMs)
        return server.startAgain()
      case 'slow the server':
        proxy.delayMs = durationMs / 4
        await delay(durationMs)
        proxy.delayMs = 0
        return
      case 'cut requests off':
        return this.#trouble(['cut before', 'cut after', 'cut answer', 'pass'], durationMs)
      case 'let the server be busy':
        return this.#trouble(['slow down', 'slow down', 'bad gateway', 'pass'], durationMs)
      case 'kill a TaskManager while the server is down':
        await server.kill()
        await this.#killTaskManager()
        await delay(durationMs)
        return server.startAgain()
    }
  }

  async #killTaskManager(): Promise<void> {
    const at = randomBelow(this.#random, this.#taskManagers.length)
    await this.#cluster.kill(this.#taskManagers.splice(at, 1)[0] ?? '')
    this.#taskManagers.push(this.#cluster.startTaskManager())
  }

  async #trouble(fates: readonly Fate[], durationMs: number): Promise<void> {
    proxy.fateOf = () => fates[randomBelow(this.#random, fates.length)] ?? 'pass'
    await delay(durationMs)
    proxy.fateOf = () => 'pass'
  }

  /** Neither a log nor what is told of the job has the secret in it. */
  async #assertNothingTold(jobId: JobId): Promise<void> {
    const { stdout } = await this.#cluster.millrace(
      ...['status', jobId, '--json', '--jobmanager', this.#cluster.address],
    )
    const logs = ['jobmanager', ...this.#taskManagers].map((name) => this.#cluster.log(name))
    for (const text of [stdout, ...logs]) assert.doesNotMatch(text, /testsecret/)
  }
}
