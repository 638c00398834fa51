import type { CompletedCheckpoint } from '@millrace/core'

/**
 * Where a job's completed checkpoints are remembered for a JobManager that comes later. A rejection
 * of the first two fails what they stand for; one of the others leaves everything as it is.
 */
export interface JobCheckpointLog {
  /** Of this JobManager; it is part of every checkpoint. */
  readonly epoch: number
  /** Its metadata is durable; nobody is told of it before this resolved. */
  onCompleted(checkpoint: CompletedCheckpoint): Promise<void>
  /** These are not to be restored any more; their metadata is deleted after this resolved. */
  onDiscarded(checkpointIds: readonly number[]): Promise<void>
  /** Before any file is deleted; rejects where another JobManager leads. */
  confirmLeadership(): Promise<void>
  /** The job is over, and no later JobManager goes on with it: its checkpoints may be deleted. */
  onJobEnded(): Promise<void>
}

/** What an earlier JobManager left of a job. */
export interface RestoredCheckpoints {
  /** By ascending id: the job goes on from the last; none: from the beginning. */
  readonly completed: readonly CompletedCheckpoint[]
  /** Higher than any id that was used, pending and failed ones too. */
  readonly nextCheckpointId: number
  /** Whose metadata lies there though they are not to be restored. */
  readonly abandoned?: readonly AbandonedCheckpoint[]
}

/** A checkpoint that does not count, or not any more, and whose metadata may be there. */
export interface AbandonedCheckpoint {
  readonly checkpointId: number
  /** What its metadata names; none where that cannot be read. */
  readonly names: readonly string[]
}

/** Of a job that was not run before. */
export const noCheckpoints: RestoredCheckpoints = { completed: [], nextCheckpointId: 1 }

/** Nothing outlives the JobManager. */
export const noCheckpointLog: JobCheckpointLog = {
  epoch: 0,
  onCompleted: () => Promise.resolve(),
  onDiscarded: () => Promise.resolve(),
  confirmLeadership: () => Promise.resolve(),
  onJobEnded: () => Promise.resolve(),
}
