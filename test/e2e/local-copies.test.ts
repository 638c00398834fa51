// With local copies, a job whose checkpoints lie on a slow server that speaks S3 is restored
// without reading from it.

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { RealCluster } from '../real-cluster/real-cluster.ts'
import { S3Proxy } from '../real-cluster/s3-proxy.ts'
import { S3Server } from '../real-cluster/s3-server.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
/** Before each request: an object store on the other side of a busy line. */
const slowMs = 400
/** State written by a task: `<attempt>/<checkpoint>-<sha256>`. */
const stateFile = /\/\d+-[0-9a-f]{64}(\?|$)/

let server: S3Server
let proxy: S3Proxy

before(async () => {
  server = await S3Server.start()
  proxy = await S3Proxy.start(server.port)
  proxy.delayMs = slowMs
})

after(async () => {
  proxy?.close()
  await server?.stop()
})

interface Recovery {
  /** From the exception to all tasks running again, as the JobManager's log has it. */
  readonly recoveredAfterMs: number
  /** Files of state that were read from the server meanwhile. */
  readonly readCount: number
}

test('a restart reads local copies where there are some, and waits for the server else', async (context) => {
  const [without, withCopies] = [await recover(context, false), await recover(context, true)]
  context.diagnostic(`${JSON.stringify({ slowMs, without, withCopies })}`)
  assert.ok(without.readCount > 0)
  assert.ok(without.recoveredAfterMs >= slowMs, `${without.recoveredAfterMs}`)
  assert.equal(withCopies.readCount, 0)
  assert.ok(withCopies.recoveredAfterMs < without.recoveredAfterMs)
})

async function recover(context: TestContext, isBackedUp: boolean): Promise<Recovery> {
  const cluster = await RealCluster.start({
    taskManagers: 1,
    slots: 2,
    settings: {
      ...server.settings(proxy.port),
      'execution.checkpointing.dir': `s3://${server.bucket}/jobs`,
      'execution.checkpointing.interval': '500 ms',
      'execution.checkpointing.local-backup.enabled': String(isBackedUp),
    },
  })
  try {
    const trouble = join(cluster.directory, 'trouble')
    mkdirSync(trouble)
    const args = { n: 1_000_000, rate: 5_000, keys: 1_000, output: 'out', trouble }
    const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
    const jobId = await cluster.submit(job, '--parallelism', '2', '--', ...words)
    const completed = (count: number) =>
      cluster.untilJob(jobId, ({ checkpoints }) => {
        return (checkpoints?.latestCompleted?.checkpointId ?? 0) >= count
      })
    await completed(2)
    let readCount = 0
    proxy.fateOf = (method, path) => {
      if (method === 'GET' && stateFile.test(path)) readCount++
      return 'pass'
    }
    writeFileSync(join(trouble, 'throw'), '')
    await cluster.untilJob(jobId, () => cluster.log('jobmanager').includes('"job recovered"'))
    const line = cluster
      .log('jobmanager')
      .split('\n')
      .find((each) => each.includes('"job recovered"'))
    const { failure } = JSON.parse(line ?? '{}') as { failure?: { recoveredAfterMs?: number } }
    await cluster.client.cancelJob(jobId)
    await cluster.untilEnded(jobId)
    return { recoveredAfterMs: Math.round(failure?.recoveredAfterMs ?? 0), readCount }
  } catch (error) {
    context.diagnostic(cluster.log('jobmanager').slice(-3000))
    throw error
  } finally {
    await cluster.stop()
  }
}
