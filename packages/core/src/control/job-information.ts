import type { BundleHash, JobId } from '../ids.ts'

/**
 * Arguments after `--`: `--name value` by name ('true' where no value), others by position '0',
 * '1', …
 */
export type JobArguments = Readonly<Record<string, string>>

/** Everything a slot needs to know of a job besides its tasks. */
export interface JobInformation {
  readonly jobId: JobId
  readonly jobName: string
  readonly bundle: BundleReference
  readonly args: JobArguments
  /** Configuration of the job: cluster, then program, then submission. */
  readonly config: Readonly<Record<string, string>>
  /** What the graph built from the bundle must hash to. */
  readonly graphHash: string
  /** Resolved from the configuration, which slots do not read. */
  readonly state: JobStateOptions
}

/** How the tasks of a job keep their state, and where they save it. */
export interface JobStateOptions {
  readonly backend: 'heap' | 'leveldb'
  /** undefined: no checkpoints are taken. */
  readonly checkpointing: JobCheckpointing | undefined
  readonly leveldb: LevelDbOptions
}

export interface JobCheckpointing {
  readonly mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE'
  /** The job's own directory, its id included: a path or a URL. */
  readonly directory: string
  /** Operator state up to this size travels in the acknowledgement, and needs no file. */
  readonly inlineSizeMaxBytes: number
  /** Barriers overtake records, which become part of the checkpoint. Only with EXACTLY_ONCE. */
  readonly isUnaligned: boolean
  /** They do so this long after the trigger; 0: at once. */
  readonly alignedTimeoutMs: number
  /** TaskManagers keep copies of what their tasks write, and restore from these where they can. */
  readonly isBackedUpLocally: boolean
}

/** Bounds of each keyed operator's database, per subtask. */
export interface LevelDbOptions {
  readonly objectCacheSizeBytes: number
  readonly blockCacheSizeBytes: number
  readonly writeBufferSizeBytes: number
}

export interface BundleReference {
  readonly hash: BundleHash
  readonly sizeBytes: number
}
