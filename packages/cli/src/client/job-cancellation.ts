import { setTimeout as delay } from 'node:timers/promises'
import { isGloballyTerminal, type JobId, type JobStatus, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails } from '@millrace/rpc'

const pollMs = 50

export interface Cancellation {
  readonly status: JobStatus
  /** Its id where the job had not come so far as to have a name. */
  readonly name: string
  /** There was nothing to cancel. */
  readonly hadEnded: boolean
}

/**
 * Cancels a job and waits for its end, or only asks for it. A job that is being recovered has
 * nothing to show, and may never have: it is given up.
 */
export async function cancelJob(
  gateway: Pick<DispatcherGateway, 'listJobs' | 'requestJob' | 'cancelJob'>,
  jobId: JobId,
  options: { readonly isDetached: boolean },
): Promise<Cancellation> {
  const overviewOf = async () => (await gateway.listJobs()).find((job) => job.jobId === jobId)
  const before = await overviewOf()
  const hadEnded = before !== undefined && isGloballyTerminal(before.status)
  if (!hadEnded) await gateway.cancelJob(jobId)
  if (options.isDetached) {
    const { status = 'CANCELLING', name = '' } = (await overviewOf()) ?? {}
    return { status, name: name === '' ? jobId : name, hadEnded }
  }
  for (;;) {
    const job = await lookAt(gateway, jobId)
    if (job !== undefined && isGloballyTerminal(job.status)) {
      return { status: job.status, name: job.name, hadEnded }
    }
    if (job === undefined && (await overviewOf()) === undefined) {
      return { status: 'CANCELED', name: jobId, hadEnded }
    }
    await delay(pollMs)
  }
}

/** undefined: it has nothing to show, or is gone. */
async function lookAt(
  gateway: Pick<DispatcherGateway, 'requestJob'>,
  jobId: JobId,
): Promise<JobDetails | undefined> {
  try {
    return await gateway.requestJob(jobId)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'JOB_NOT_FOUND') return undefined
    throw error
  }
}
