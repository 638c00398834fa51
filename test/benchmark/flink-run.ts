import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Measurement, RunOptions } from './measurement.ts'

const folder = join(import.meta.dirname, 'flink')

/** Gets Flink and builds its jobs, unless that was done before. */
export function prepareFlink(): void {
  const done = spawnSync('bash', [join(folder, 'setup.sh')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (done.status !== 0) {
    throw new Error('Flink could not be set up: it needs java 17, mvn, python3 and pip.')
  }
}

/** Runs one job on a Flink cluster of its own: a JobManager and a TaskManager per slot. */
export function runOnFlink(options: RunOptions): Measurement {
  const name = options.job === 'word-count' ? 'wordcount' : options.job
  const args = Object.entries(options.args).flatMap(([key, value]) => ['--a', `${key}=${value}`])
  const done = spawnSync(
    'bash',
    [
      join(folder, 'run.sh'),
      name,
      ...['--p', String(options.parallelism)],
      ...['--warm', String(options.warmSeconds)],
      ...['--secs', String(options.seconds)],
      ...['--max-secs', String(Math.ceil(options.seconds * 1.5))],
      ...args,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 },
  )
  const line = done.stdout.trim().split('\n').at(-1) ?? ''
  if (done.status !== 0 || !line.startsWith('{')) {
    throw new Error(`Flink's ${name} failed:\n${done.stdout}${done.stderr}`)
  }
  const result = JSON.parse(line) as FlinkResult
  return {
    engine: 'flink',
    job: options.job,
    eventsPerSecond: result.events_per_s,
    cpuSecondsPerMillion: result.cpu_s_per_M_events,
    residentMb: result.rss_mb_total,
    clusterReadySeconds: result.start_cluster_s,
    firstOutputSeconds: result.submit_first_output_s ?? undefined,
    foreignCores: result.foreign_cores_raw,
    latencyMs: latencyOf(result.latency),
  }
}

interface FlinkResult {
  readonly events_per_s: number
  readonly cpu_s_per_M_events: number
  readonly rss_mb_total: number
  readonly start_cluster_s: number
  readonly submit_first_output_s: number | null
  readonly foreign_cores_raw: number
  readonly latency?: Readonly<Record<string, number>>
}

function latencyOf(latency: FlinkResult['latency']): Readonly<Record<string, number>> {
  const entries = Object.entries(latency ?? {}).filter(([key]) => key.endsWith('_ms'))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, -3), value]))
}
