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
}

export interface BundleReference {
  readonly hash: BundleHash
  readonly sizeBytes: number
}
