import { type JobId, type JobStatus, MillraceError, type SavepointId } from '@millrace/core'

/** Most subtasks that an operator can have: there are as many key groups. */
export const parallelismMax = 32_768

export function requireParallelism(parallelism: number): void {
  const isValid = Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= parallelismMax
  if (isValid) return
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `A parallelism of ${parallelism} is not possible: it is a whole number from 1 to ` +
      `${parallelismMax}.`,
    { disposition: 'reject-request', blame: 'user', details: { parallelism } },
  )
}

/** The job is ending or over, or has not begun. */
export function notInThisStatus(jobId: JobId, status: JobStatus): MillraceError {
  const advice =
    status === 'INITIALIZING'
      ? 'Its graph is still being built: try again in a moment.'
      : 'Only a job that goes on can be rescaled.'
  return refused(jobId, `it is ${status}. ${advice}`)
}

export function withoutCheckpoints(jobId: JobId): MillraceError {
  return refused(
    jobId,
    'it takes no checkpoints, so it would begin anew at its sources. Submit it with ' +
      'execution.checkpointing.interval.',
  )
}

export function anotherIsUnderWay(jobId: JobId): MillraceError {
  return refused(jobId, 'it is being rescaled right now. `millrace status` shows how far it is.')
}

/** The job may end with it, and takes no other checkpoint meanwhile. */
export function savepointIsUnderWay(jobId: JobId, savepointId: SavepointId): MillraceError {
  return refused(
    jobId,
    `savepoint ${savepointId} is under way. \`millrace savepoint status ${jobId}\` shows how far ` +
      'it is.',
  )
}

/** The job function depends on the parallelism in more than the numbers of subtasks. */
export function operatorsDiffer(jobId: JobId, parallelism: number): MillraceError {
  return refused(
    jobId,
    `with parallelism ${parallelism} its function describes other operators than those that run, ` +
      'so their state would have no place. Let it depend on its arguments alone.',
  )
}

function refused(jobId: JobId, why: string): MillraceError {
  return new MillraceError('RESCALE_REFUSED', `Job ${jobId} cannot be rescaled: ${why}`, {
    disposition: 'reject-request',
    blame: 'user',
    details: { jobId },
  })
}
