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
  /** Records on their way, as part of the last one. */
  readonly inFlightBytes: number
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

/** Where checkpoints are. */
export type Storage = 'file' | 's3'

export interface RecoveryOptions
  extends Pick<RunOptions, 'subject' | 'job' | 'parallelism' | 'warmSeconds' | 'args'> {
  readonly strike: Strike
  readonly runs: number
  /** Of both engines: the keys are the same. */
  readonly settings: Readonly<Record<string, string>>
  readonly storage: Storage
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
  /** In the last seconds before it, all sinks together. */
  readonly recordsPerSecond: number
}

export interface RecoveryMeasurement {
  readonly engine: EngineName
  readonly subject: string
  readonly runs: readonly RecoveryRun[]
}

/** How a running job is given other parallelisms, one after the other. */
export interface RescaleOptions
  extends Pick<RecoveryOptions, 'subject' | 'job' | 'warmSeconds' | 'args' | 'runs'> {
  /** Of the job when it is submitted, and then. */
  readonly parallelisms: readonly number[]
  readonly slotsPerTaskManager: number
}

export interface RescaleStep {
  readonly from: number
  readonly to: number
  /** The longest silence of all sinks from the command until each new subtask has written. */
  readonly gapMs: number
  /** From the command until every new subtask of the sink has written. */
  readonly allSubtasksMs: number
}

export interface RescaleMeasurement {
  readonly engine: EngineName
  readonly subject: string
  readonly runs: readonly (readonly RescaleStep[])[]
}

/** What savepoints of a job take. */
export interface SavepointOptions extends Pick<RescaleOptions, 'subject' | 'job' | 'warmSeconds'> {
  readonly args: Readonly<Record<string, string>>
  readonly runs: number
  readonly parallelism: number
}

export interface SavepointRun {
  /** From the request until a savepoint beside the running job is complete. */
  readonly savepointMs: number
  readonly savepointBytes: number
  /** From the request until the job has stopped with another one. */
  readonly stopMs: number
  /** From the submission of the job that begins with it until the first output. */
  readonly resumeMs: number
  /** From the last output of the one job to the first of the other. */
  readonly gapMs: number
}

export interface SavepointMeasurement {
  readonly engine: EngineName
  readonly subject: string
  readonly format: string
  readonly runs: readonly SavepointRun[]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

export function most(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.max(...values)
}
