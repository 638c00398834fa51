import { setTimeout as delay } from 'node:timers/promises'
import {
  errorFromInfo,
  isGloballyTerminal,
  type JobId,
  MillraceError,
  type SavepointId,
} from '@millrace/core'
import type { DispatcherGateway, JobDetails, SavepointDetails } from '@millrace/rpc'

const pollMs = 100
/** How long a JobManager that does not answer, or recovers the job, is asked again. */
const unreachableMsMax = 10_000

type Gateway = Pick<DispatcherGateway, 'requestSavepoints' | 'requestJob'>

export interface SavepointFollower {
  /** Whenever it may have come further. `job`: of one that is to end, once its savepoint is there. */
  readonly onProgress: (savepoint: SavepointDetails, job: JobDetails | undefined) => void
  /** Settles when the user leaves. */
  readonly left: Promise<unknown>
}

/**
 * Waits until the savepoint is there, and the job over if it is to be. 'left': the user has no
 * time. Rejects with why it came to nothing.
 */
export async function followSavepoint(
  gateway: Gateway,
  jobId: JobId,
  savepointId: SavepointId,
  { onProgress, left }: SavepointFollower,
): Promise<SavepointDetails | 'left'> {
  const hasLeft = left.then(() => true)
  let failedSince: number | undefined
  for (;;) {
    try {
      const savepoint = await findSavepoint(gateway, jobId, savepointId)
      if (savepoint.failure !== undefined) throw errorFromInfo(savepoint.failure)
      const isThere = savepoint.state === 'completed'
      if (isThere && savepoint.goal === 'savepoint') return savepoint
      const job = isThere ? await gateway.requestJob(jobId) : undefined
      if (job !== undefined && isGloballyTerminal(job.status)) return endedWith(job, savepoint)
      onProgress(savepoint, job)
      failedSince = undefined
    } catch (error) {
      failedSince ??= Date.now()
      if (!mayPass(error) || Date.now() - failedSince > unreachableMsMax) throw error
    }
    if (await Promise.race([delay(pollMs).then(() => false), hasLeft])) return 'left'
  }
}

export async function findSavepoint(
  gateway: Gateway,
  jobId: JobId,
  savepointId: SavepointId,
): Promise<SavepointDetails> {
  const all = await gateway.requestSavepoints(jobId)
  const savepoint = all.find((each) => each.savepointId === savepointId)
  if (savepoint !== undefined) return savepoint
  throw new MillraceError(
    'SAVEPOINT_UNKNOWN',
    `The JobManager knows of no savepoint ${savepointId} of job ${jobId}: another JobManager has ` +
      'taken over, which ends one that is under way, or newer ones took its place. It is ' +
      'complete if its directory has a _metadata; else the job goes on and it can be taken again.',
    { disposition: 'reject-request', blame: 'external', details: { jobId, savepointId } },
  )
}

/** Ids of savepoints are typed in full, as they were printed. */
export function parseSavepointId(text: string): SavepointId {
  if (/^[0-9a-f]{12}$/.test(text)) return text as SavepointId
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `'${text}' is no id of a savepoint: these are the last 12 characters of its directory's name.`,
    { disposition: 'reject-request', blame: 'user' },
  )
}

/** The savepoint is there whatever became of the job. */
function endedWith(job: JobDetails, savepoint: SavepointDetails): SavepointDetails {
  if (job.status === 'FINISHED') return savepoint
  const why = job.failure === undefined ? '' : `: ${job.failure.code}, ${job.failure.message}`
  throw new MillraceError(
    'SAVEPOINT_FAILED',
    `Savepoint ${savepoint.savepointId} is complete, in ${savepoint.location}, but job ` +
      `${job.jobId} is ${job.status}${why}. What its sinks still had to commit is in the ` +
      'savepoint: start from there.',
    {
      disposition: 'reject-request',
      blame: 'external',
      details: { jobId: job.jobId, location: savepoint.location, status: job.status },
    },
  )
}

function mayPass(error: unknown): boolean {
  if (!(error instanceof MillraceError) || error.disposition !== 'retry') return false
  return error.code === 'JOB_MANAGER_UNREACHABLE' || error.code === 'JOB_NOT_FOUND'
}
