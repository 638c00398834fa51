import { type FlinkRuns, withFlinkDriver } from './flink-driver.ts'
import type {
  CheckpointFigures,
  Measurement,
  RecoveryOptions,
  RecoveryRun,
  RunOptions,
} from './measurement.ts'
import { outputGap, rateBetween } from './probe-log.ts'
import { withStorage } from './storage.ts'
import { outputsOfEveryKey, verifyCounts } from './verified-counts.ts'

/** Flink notices a dead TaskManager by its heartbeat. */
const recoverySecondsMax = 60
const rateSpanMs = 5000

/** Runs one job on a Flink cluster of its own: a JobManager and a TaskManager per slot. */
export async function runOnFlink(options: RunOptions): Promise<Measurement> {
  const words = [
    ...['--p', String(options.parallelism)],
    ...['--backend', options.backend === 'leveldb' ? 'rocksdb' : 'hashmap'],
    ...(options.isCheckpointed ? [] : ['--ckpt', 'off']),
    ...['--secs', String(options.seconds)],
    ...['--max-secs', String(Math.ceil(options.seconds * 1.5))],
  ]
  const result = await withFlinkDriver<FlinkResult, FlinkResult>(
    options,
    words,
    (printed) => printed,
  )
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
export function recoverOnFlink(options: RecoveryOptions): Promise<readonly RecoveryRun[]> {
  const isKill = options.strike === 'kill-taskmanager'
  const words = [
    ...['--p', String(options.parallelism)],
    ...['--kill', isKill ? 'tm' : 'fail', '--runs', String(options.runs)],
    ...['--tms', String(options.parallelism + (isKill ? 1 : 0))],
    ...['--secs', '1', '--max-secs', String(recoverySecondsMax)],
    ...['--outputs', String(outputsOfEveryKey(options))],
  ]
  return withStorage(options, (settings) => {
    const more = settings.flatMap((setting) => ['--D', setting])
    return withFlinkDriver<FlinkRuns<FlinkStrike>, RecoveryRun[]>(
      options,
      [...words, ...more],
      (printed) => Promise.all(printed.runs.map((run) => recoveryRun(run, options))),
    )
  })
}

async function recoveryRun(run: FlinkStrike, options: RecoveryOptions): Promise<RecoveryRun> {
  const { out, at_ms: atMs } = run
  const gap = outputGap(out, atMs, options.parallelism)
  if (gap === undefined) throw new Error(`Flink's ${options.job} did not recover`)
  await verifyCounts(out, atMs, options)
  const recordsPerSecond = rateBetween(out, 'sink', { fromMs: atMs - rateSpanMs, toMs: atMs })
  const restoreMs = run.restore_ms ?? Number.NaN
  return { ...gap, restoreMs, checkpoints: figuresOf(run.ckpts), recordsPerSecond }
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
  readonly last_in_flight: number | null
}

function figuresOf(checkpoints: FlinkCheckpoints | null): CheckpointFigures {
  return {
    completedCount: checkpoints?.completed ?? 0,
    durationMs: checkpoints?.ms_p50 ?? Number.NaN,
    durationMsMax: checkpoints?.ms_max ?? Number.NaN,
    writtenBytes: checkpoints?.last_persisted ?? Number.NaN,
    totalBytes: checkpoints?.last_size ?? Number.NaN,
    inFlightBytes: checkpoints?.last_in_flight ?? Number.NaN,
  }
}

function latencyOf(latency: FlinkResult['latency']): Readonly<Record<string, number>> {
  const entries = Object.entries(latency ?? {}).filter(([key]) => key.endsWith('_ms'))
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, -3), value]))
}
