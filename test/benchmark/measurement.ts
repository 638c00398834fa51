export type EngineName = 'millrace' | 'flink'

/** What one run of one subject on one engine gave. */
export interface Measurement {
  readonly engine: EngineName
  readonly subject: string
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly residentMb: number
  readonly clusterReadySeconds: number
  readonly firstOutputSeconds: number | undefined
  /** Cores other processes used meanwhile: how far the figures can be trusted. */
  readonly foreignCores: number
  /** p50, p90, p99, max in ms; only of latency runs. */
  readonly latencyMs: Readonly<Record<string, number>>
  /** The longest stretch without a record in each second, of every subtask, where it is watched. */
  readonly pausesMs: readonly number[]
  readonly checkpoints: CheckpointFigures
}

/** Of completed checkpoints, medians and the most; NaN where there was none. */
export interface CheckpointFigures {
  readonly completedCount: number
  readonly durationMs: number
  readonly durationMsMax: number
  /** Written for the last one, and all that it names. */
  readonly writtenBytes: number
  readonly totalBytes: number
}

export interface RunOptions {
  readonly subject: string
  /** The name of the job's file; Flink's driver has the same jobs. */
  readonly job: string
  readonly backend: 'heap' | 'leveldb'
  readonly isCheckpointed: boolean
  readonly parallelism: number
  readonly warmSeconds: number
  readonly seconds: number
  /** Arguments of the job, e.g. rate. */
  readonly args: Readonly<Record<string, string>>
}

/** What becomes of the job in a run that is about recovery. */
export type Strike = 'kill-taskmanager' | 'task-failure'

export interface RecoveryOptions
  extends Pick<RunOptions, 'subject' | 'job' | 'parallelism' | 'warmSeconds' | 'args'> {
  readonly strike: Strike
  readonly runs: number
}

/** One strike. */
export interface RecoveryRun {
  /** The longest silence of all sinks after it. */
  readonly gapMs: number
  /** From it until every subtask of the sink has written again. */
  readonly allSubtasksMs: number
  /** From the deployment of the tasks until all of them run. */
  readonly restoreMs: number
  /** Before it. */
  readonly checkpoints: CheckpointFigures
}

export interface RecoveryMeasurement {
  readonly engine: EngineName
  readonly subject: string
  readonly runs: readonly RecoveryRun[]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

export function most(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values)
}
