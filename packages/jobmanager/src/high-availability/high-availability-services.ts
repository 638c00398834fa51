import type { BundleHash, BundleReference, JobArguments, JobId } from '@millrace/core'

/** What a job was submitted with: enough to run it again in another process. */
export interface JobRecord {
  readonly jobId: JobId
  readonly bundle: BundleReference
  readonly args: JobArguments
  /** Of the submission; wins over what the program and the cluster say. */
  readonly config: Readonly<Record<string, string>>
  readonly submittedAtMs: number
}

/** Where a completed checkpoint is. */
export interface CheckpointPointer {
  readonly checkpointId: number
  /** The job's directory in checkpoint storage. */
  readonly directory: string
  /** Of the job when it was completed. */
  readonly restartCount: number
  /** What the job was rescaled to by then; undefined: it never was. */
  readonly parallelism?: number | undefined
}

/** A job that had not ended, as an earlier JobManager left it. */
export interface RecoverableJob {
  readonly job: JobRecord
  /** Completed and retained, by ascending id: it goes on from the last. None: from the beginning. */
  readonly checkpoints: readonly CheckpointPointer[]
  /**
   * Since it was submitted, that by this JobManager included. Of those under an earlier one, what
   * came after its last checkpoint is not known.
   */
  readonly restartCount: number
}

/**
 * What outlives a JobManager: its jobs, their bundles, and where their checkpoints are. One
 * JobManager at a time is the leader; each has an epoch, higher than those of all before it.
 *
 * A method that writes resolves when what it wrote is durable *and* this JobManager was still the
 * leader after that, so that every later leader sees it. It rejects with JOB_MANAGER_SUPERSEDED
 * where there is a newer leader: then nothing may be done any more. Another error says that it is
 * not known whether the write lasts; it may be tried again.
 *
 * Order of calls: `open` first; `addJob` before anything else about a job, `removeJob` last.
 */
export interface HighAvailabilityServices {
  /** False: nothing outlives the process. */
  readonly isEnabled: boolean
  /** Once open; 0 where nothing outlives the process. */
  readonly epoch: number
  /**
   * Becomes the leader, and fixes what each job goes on from: whatever an earlier leader writes
   * after that is void. In the order of submission.
   */
  open(): Promise<readonly RecoverableJob[]>
  /** `bundle` is the content; it is stored once however many jobs run it. */
  addJob(job: JobRecord, bundle: Uint8Array): Promise<void>
  /** Of a job that is there. HIGH_AVAILABILITY_STORAGE_INVALID: the file is missing or damaged. */
  readBundle(hash: BundleHash): Promise<Uint8Array>
  /** The job ended, or never began. No error for one that is not there. */
  removeJob(jobId: JobId): Promise<void>
  /**
   * Before anybody is told of the checkpoint, and before anything that only earlier ones need is
   * deleted.
   */
  addCheckpoint(jobId: JobId, pointer: CheckpointPointer): Promise<void>
  /** These are about to be deleted. */
  removeCheckpoints(jobId: JobId, checkpointIds: readonly number[]): Promise<void>
  /** Resolves where this JobManager is the leader still: before anything is deleted elsewhere. */
  confirmLeadership(): Promise<void>
}
