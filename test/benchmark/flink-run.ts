import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type {
  CheckpointFigures,
  Measurement,
  RecoveryOptions,
  RecoveryRun,
  RunOptions,
} from './measurement.ts'
import { outputGap } from './probe-log.ts'

const folder = join(import.meta.dirname, 'flink')
/** Flink notices a dead TaskManager by its heartbeat. */
const recoverySecondsMax = 60

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
  const result = runDriver(options, [
    ...['--backend', options.backend === 'leveldb' ? 'rocksdb' : 'hashmap'],
    ...(options.isCheckpointed ? [] : ['--ckpt', 'off']),
    ...['--secs', String(options.seconds)],
    ...['--max-secs', String(Math.ceil(options.seconds * 1.5))],
  ]) as FlinkResult
  return {
    engine: 'flink',
    subject: options.subject,
    eventsPerSecond: result.events_per_s,
    cpuSecondsPerMillion: result.cpu_s_per_M_events,
    residentMb: result.rss_mb_total,
    clusterReadySeconds: result.start_cluster_s,
    firstOutputSeconds: result.submit_first_output_s ?? undefined,
    foreignCores: result.foreign_cores_raw,
    latencyMs: latencyOf(result.latency),
    pausesMs: result.pauses_ms,
    checkpoints: figuresOf(result.ckpts),
  }
}

/** Strikes a job again and again, each time a new one, with a spare TaskManager at hand. */
export function recoverOnFlink(options: RecoveryOptions): readonly RecoveryRun[] {
  const isKill = options.strike === 'kill-taskmanager'
  const { runs } = runDriver(options, [
    ...['--kill', isKill ? 'tm' : 'fail', '--runs', String(options.runs)],
    ...['--tms', String(options.parallelism + (isKill ? 1 : 0))],
    ...['--secs', '1', '--max-secs', String(recoverySecondsMax)],
  ]) as { readonly runs: readonly FlinkStrike[] }
  const measured = runs.map((run) => {
    const gap = outputGap(run.out, run.at_ms, options.parallelism)
    if (gap === undefined) throw new Error(`Flink's ${options.job} did not recover: ${run.out}`)
    return { ...gap, restoreMs: run.restore_ms ?? Number.NaN, checkpoints: figuresOf(run.ckpts) }
  })
  for (const { out } of runs) rmSync(dirname(out), { recursive: true, force: true })
  return measured
}

/** The JSON that the driver prints last. */
function runDriver(
  options: Pick<RunOptions, 'job' | 'parallelism' | 'warmSeconds' | 'args'>,
  more: readonly string[],
): unknown {
  const name = options.job === 'word-count' ? 'wordcount' : options.job
  const args = Object.entries(options.args).flatMap(([key, value]) => ['--a', `${key}=${value}`])
  const done = spawnSync(
    'bash',
    [
      join(folder, 'run.sh'),
      name,
      ...['--p', String(options.parallelism), '--warm', String(options.warmSeconds)],
      ...more,
      ...args,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 },
  )
  const line = done.stdout.trim().split('\n').at(-1) ?? ''
  if (done.status !== 0 || !line.startsWith('{')) {
    throw new Error(`Flink's ${name} failed:\n${done.stdout}${done.stderr}`)
  }
  return JSON.parse(line)
}

interface FlinkResult {
  readonly events_per_s: number
  readonly cpu_s_per_M_events: number
  readonly rss_mb_total: number
  readonly start_cluster_s: number
  readonly submit_first_output_s: number | null
  readonly foreign_cores_raw: number
  readonly latency?: Readonly<Record<string, number>>
  readonly pauses_ms: readonly number[]
  readonly ckpts: FlinkCheckpoints | null
}

interface FlinkStrike {
  readonly out: string
  readonly at_ms: number
  readonly restore_ms: number | null
  readonly ckpts: FlinkCheckpoints | null
}

interface FlinkCheckpoints {
  readonly completed: number
  readonly ms_p50: number | null
  readonly ms_max: number | null
  readonly last_size: number | null
  readonly last_persisted: number | null
}

function figuresOf(checkpoints: FlinkCheckpoints | null): CheckpointFigures {
  return {
    completedCount: checkpoints?.completed ?? 0,
    durationMs: checkpoints?.ms_p50 ?? Number.NaN,
    durationMsMax: checkpoints?.ms_max ?? Number.NaN,
    writtenBytes: checkpoints?.last_persisted ?? Number.NaN,
    totalBytes: checkpoints?.last_size ?? Number.NaN,
  }
}

function latencyOf(latency: FlinkResult['latency']): Readonly<Record<string, number>> {
  const entries = Object.entries(latency ?? {}).filter(([key]) => key.endsWith('_ms'))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, -3), value]))
}
