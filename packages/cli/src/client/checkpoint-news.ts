import type {
  CheckpointStatistics,
  FailedCheckpointDetails,
  RestoredCheckpointDetails,
} from '@millrace/rpc'

export interface CheckpointNewsItems {
  /** The newest that failed by itself, not with the job. */
  readonly failed: FailedCheckpointDetails | undefined
  readonly restored: RestoredCheckpointDetails | undefined
}

/** What of a job's checkpoints has not been told yet: that one failed, or was gone on from. */
export class CheckpointNews {
  #failedKey = ''
  #restoredKey = ''

  /** Checkpoints that completed are no news: there is one every second. */
  take(checkpoints: CheckpointStatistics | undefined): CheckpointNewsItems {
    const { latestFailed, latestRestored } = checkpoints ?? {}
    const failedKey = `${latestFailed?.checkpointId} ${latestFailed?.failedAtMs}`
    const restoredKey = `${latestRestored?.checkpointId} ${latestRestored?.restoredAtMs}`
    const isFailedNew = failedKey !== this.#failedKey
    const isRestoredNew = restoredKey !== this.#restoredKey
    this.#failedKey = failedKey
    this.#restoredKey = restoredKey
    // One that was aborted went with the tasks that failed: these are told.
    const isAborted = latestFailed?.failure.code === 'CHECKPOINT_ABORTED'
    return {
      failed: isFailedNew && !isAborted ? latestFailed : undefined,
      restored: isRestoredNew ? latestRestored : undefined,
    }
  }
}
