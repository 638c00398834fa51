import {
  type CheckpointStorage,
  type CompletedCheckpoint,
  type JobId,
  type Logger,
  MillraceError,
} from '@millrace/core'
import { checkpointMetadataName, readCheckpointMetadata } from '@millrace/state'
import { isCheckpointDamage } from '../checkpoint/coordinator/checkpoint-failures.ts'
import {
  type JobCheckpointLog,
  noCheckpoints,
  type RestoredCheckpoints,
} from '../checkpoint/executor/job-checkpoint-log.ts'
import type {
  CheckpointPointer,
  HighAvailabilityServices,
} from '../high-availability/high-availability-services.ts'
import type { RememberedJob } from '../job-master/job-master-request.ts'

/** Remembers the checkpoints of one job, which lie in this directory, and what belongs to them. */
export function keptCheckpointLog(
  highAvailability: HighAvailabilityServices,
  jobId: JobId,
  directory: string,
  { restartCount, parallelismAt }: RememberedJob,
): JobCheckpointLog {
  return {
    epoch: highAvailability.epoch,
    onCompleted: ({ checkpointId }) =>
      highAvailability.addCheckpoint(jobId, {
        checkpointId,
        directory,
        restartCount: restartCount(),
        parallelism: parallelismAt(checkpointId),
      }),
    onDiscarded: (checkpointIds) => highAvailability.removeCheckpoints(jobId, checkpointIds),
    confirmLeadership: () => highAvailability.confirmLeadership(),
    onJobEnded: () => highAvailability.removeJob(jobId),
  }
}

/**
 * What a recovered job goes on from, as far as it was remembered; the rest is told by its storage,
 * see takeOverCheckpoints. A damaged checkpoint is left out, and said; where none can be
 * read this rejects with CHECKPOINT_CORRUPT: the job must not silently begin anew.
 */
export async function readKeptCheckpoints(
  storageOf: (directory: string) => CheckpointStorage,
  logger: Logger,
  pointers: readonly CheckpointPointer[],
): Promise<RestoredCheckpoints> {
  const completed: CompletedCheckpoint[] = []
  let lastError: unknown
  for (const { checkpointId, directory } of pointers) {
    try {
      completed.push(await readCheckpointMetadata(storageOf(directory), checkpointId))
    } catch (error) {
      if (!isCheckpointDamage(error)) throw error
      lastError = error
      logger.error('checkpoint cannot be restored', { checkpointId, directory, error })
    }
  }
  const newest = pointers.at(-1)
  if (newest === undefined) return noCheckpoints
  if (completed.length === 0) throw noneReadable(newest, lastError)
  return { completed, nextCheckpointId: newest.checkpointId + 1 }
}

function noneReadable(
  { checkpointId, directory }: CheckpointPointer,
  cause: unknown,
): MillraceError {
  const path = `${directory}/${checkpointMetadataName(checkpointId)}`
  const said = cause instanceof Error ? cause.message : String(cause)
  return new MillraceError(
    'CHECKPOINT_CORRUPT',
    `No checkpoint of the job can be restored, not even the newest, ${path}: ${said} Bring the ` +
      'files back; or cancel the job, and submit it again to begin anew.',
    { cause, blame: 'external', disposition: 'retry', details: { path } },
  )
}
