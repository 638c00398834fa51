import { type JobId, type JobStatus, MillraceError } from '@millrace/core'

/** What there is to say of a job that a JobManager tries to recover and has not yet. */
export interface RecoveringJob {
  readonly jobId: JobId
  readonly status: JobStatus
  /** With how often it was tried, why that failed, and when it is tried next. */
  readonly waitingFor: string
}

/** Whether this says that the job is there and has nothing to show before it is recovered. */
function isJobRecovering(error: unknown): error is MillraceError {
  if (!(error instanceof MillraceError)) return false
  return error.code === 'JOB_NOT_FOUND' && error.disposition === 'retry'
}

/** What `request` resolves with, or that the job it asks for is being recovered. */
export async function orRecovering<Details>(
  jobId: JobId,
  request: Promise<Details>,
): Promise<Details | RecoveringJob> {
  try {
    return await request
  } catch (error) {
    if (!isJobRecovering(error)) throw error
    return { jobId, status: 'INITIALIZING', waitingFor: error.message }
  }
}
