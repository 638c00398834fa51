import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDispatcherClient } from '@millrace/rpc'
import type { Measurement, RunOptions } from './measurement.ts'
import { firstOutputMs, latencyPercentiles, rateBetween } from './probe-log.ts'
import { foreignCores, sampleUsage, type UsageSample } from './process-usage.ts'

const root = join(import.meta.dirname, '..', '..')
const settleMs = 2000
const main = join(root, 'packages', 'cli', 'dist', 'main.js')

/**
 * Runs one job on a cluster of its own: a JobManager and `parallelism` TaskManagers of one slot.
 */
export async function runOnMillrace(options: RunOptions): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const out = join(directory, 'out')
  mkdirSync(out)
  const cluster = await startCluster(directory, options.parallelism)
  try {
    // Threads that are kept warm still start when the slots are there: on both engines the job
    // comes to a cluster that has settled.
    await delay(settleMs)
    const submittedMs = performance.timeOrigin + performance.now()
    submit(cluster.address, out, options)
    await delay(options.warmSeconds * 1000)
    const samples = await sampleEachSecond(cluster.processIds, options.seconds)
    const first = samples[0]
    const last = samples.at(-1)
    if (first === undefined || last === undefined) throw new Error('no samples')
    await delay(300)
    const span = { fromMs: first.atMs, toMs: last.atMs }
    const eventsPerSecond = rateBetween(out, 'source', span)
    if (eventsPerSecond === 0) throw new Error(`${options.job} made no progress: ${cluster.tail()}`)
    const seconds = (span.toMs - span.fromMs) / 1000
    const cpuSeconds = last.cpuSeconds - first.cpuSeconds
    const outputMs = firstOutputMs(out)
    return {
      engine: 'millrace',
      job: options.job,
      eventsPerSecond,
      cpuSecondsPerMillion: (cpuSeconds / (eventsPerSecond * seconds)) * 1e6,
      residentMb: last.residentMb,
      clusterReadySeconds: cluster.readySeconds,
      firstOutputSeconds: outputMs === undefined ? undefined : (outputMs - submittedMs) / 1000,
      foreignCores: foreignCores(first, last),
      latencyMs: latencyPercentiles(out),
    }
  } finally {
    await cluster.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Cluster {
  readonly address: string
  readonly processIds: readonly number[]
  readonly readySeconds: number
  tail(): string
  stop(): Promise<void>
}

async function startCluster(directory: string, taskManagerCount: number): Promise<Cluster> {
  const port = await freePort()
  const startedMs = performance.now()
  const settings = [
    '--set',
    'jobmanager.rpc.address=127.0.0.1',
    '--set',
    `jobmanager.rpc.port=${port}`,
  ]
  const children: ChildProcess[] = [start(directory, 'jobmanager', ['jobmanager', ...settings])]
  for (let i = 0; i < taskManagerCount; i++) {
    children.push(start(directory, `taskmanager-${i}`, ['taskmanager', ...settings]))
  }
  const address = `127.0.0.1:${port}`
  const tail = (): string => readFileSync(join(directory, 'jobmanager.log'), 'utf8').slice(-2000)
  const deadlineMs = startedMs + 30_000
  while ((await registeredCount(address)) < taskManagerCount) {
    if (performance.now() > deadlineMs) throw new Error(`The cluster did not start: ${tail()}`)
    await delay(5)
  }
  return {
    address,
    processIds: children.flatMap((child) => (child.pid === undefined ? [] : [child.pid])),
    readySeconds: (performance.now() - startedMs) / 1000,
    tail,
    stop: async () => {
      for (const child of children) child.kill('SIGTERM')
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
        }),
      )
    },
  }
}

function start(directory: string, name: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), 'a')
  return spawn(process.execPath, [main, ...args], { cwd: directory, stdio: ['ignore', log, log] })
}

async function registeredCount(address: string): Promise<number> {
  const client = createDispatcherClient(address)
  try {
    return (await client.requestClusterOverview()).taskManagers.length
  } catch {
    return 0
  } finally {
    client.close()
  }
}

function submit(address: string, out: string, options: RunOptions): void {
  const job = join(import.meta.dirname, 'jobs', `${options.job}.ts`)
  const args = Object.entries({ out, ...options.args }).flatMap(([key, value]) => [
    `--${key}`,
    value,
  ])
  const done = spawnSync(
    process.execPath,
    [
      main,
      ...['run', job, '--detached', '--jobmanager', address],
      ...['--parallelism', String(options.parallelism)],
      ...['--', ...args],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  if (done.status !== 0) throw new Error(`run ${job} failed:\n${done.stdout}${done.stderr}`)
}

async function sampleEachSecond(
  processIds: readonly number[],
  seconds: number,
): Promise<readonly UsageSample[]> {
  const samples = [sampleUsage(processIds)]
  for (let i = 0; i < seconds; i++) {
    await delay(1000)
    samples.push(sampleUsage(processIds))
  }
  return samples
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
