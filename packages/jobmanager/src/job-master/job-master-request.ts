import type { BundleReference, JobArguments, JobId } from '@millrace/core'
import { Configuration } from '@millrace/core/config'
import type {
  JobCheckpointLog,
  RestoredCheckpoints,
} from '../checkpoint/executor/job-checkpoint-log.ts'

/** What a later JobManager has to know of a job. */
export interface RememberedJob {
  /** How often it was restarted until now. */
  readonly restartCount: () => number
  /** What it was rescaled to by that checkpoint; undefined: it never was. */
  readonly parallelismAt: (checkpointId: number) => number | undefined
}

export interface JobMasterRequest {
  readonly jobId: JobId
  readonly bundle: BundleReference
  /** Of the stored bundle, as the job host imports it. */
  readonly moduleUrl: string
  readonly args: JobArguments
  /** Wins over what the program and the cluster say. */
  readonly submissionConfig: Readonly<Record<string, string>>
  /** What an earlier JobManager left of its checkpoints. */
  readonly restored?: RestoredCheckpoints
  /** What it was rescaled to under an earlier JobManager. */
  readonly parallelism?: number | undefined
  /** Restarts until it was given to this JobManager, the one by that included. */
  readonly formerRestartCount?: number
  /**
   * Where its checkpoints, which lie in `directory`, are remembered for a later JobManager, with
   * what that has to know of the job.
   */
  readonly checkpointLog?: (directory: string, job: RememberedJob) => JobCheckpointLog
}

/** The cluster's, then the program's, then the submission's; the last wins. */
export function jobConfiguration(
  clusterConfig: Readonly<Record<string, string>>,
  programConfig: Readonly<Record<string, string>>,
  { submissionConfig }: Pick<JobMasterRequest, 'submissionConfig'>,
): Configuration {
  return Configuration.empty
    .withRecord(clusterConfig, 'the cluster')
    .withRecord(programConfig, 'the program')
    .withRecord(submissionConfig, 'the submission')
}
