import { setTimeout as delay } from 'node:timers/promises'
import { errorFromInfo, isGloballyTerminal, type JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails, RescaleDetails } from '@millrace/rpc'

const pollMs = 50

export interface RescaleOptions {
  readonly isDetached: boolean
  /** Whenever the rescale has come further. */
  readonly onProgress: (rescale: RescaleDetails) => void
}

export interface RescaleResult {
  readonly job: JobDetails
  /** undefined: the job had that parallelism already. */
  readonly rescale: RescaleDetails | undefined
}

/** What follows `-p`. */
export function parseParallelism(text: string | undefined): number {
  const parallelism = text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
  if (parallelism !== undefined && parallelism >= 1 && parallelism <= 32_768) return parallelism
  const problem = text === undefined ? 'The parallelism is missing' : `'${text}' is no parallelism`
  throw new MillraceError(
    'ARGUMENT_INVALID',
    `${problem}. Say it as a whole number from 1 to 32768: millrace rescale <job> -p 4.`,
    { disposition: 'reject-request', blame: 'user' },
  )
}

/**
 * Gives a job another parallelism and waits until it runs with that, or only has it begun. Rejects
 * with why it came to nothing.
 */
export async function rescaleJob(
  gateway: Pick<DispatcherGateway, 'requestJob' | 'rescaleJob'>,
  jobId: JobId,
  parallelism: number,
  options: RescaleOptions,
): Promise<RescaleResult> {
  const { isUnchanged } = await gateway.rescaleJob({ jobId, parallelism })
  let lastKey = ''
  for (;;) {
    const job = await gateway.requestJob(jobId)
    if (isUnchanged) return { job, rescale: undefined }
    const { rescale } = job
    if (rescale?.cause !== 'requested' || rescale.toParallelism !== parallelism) {
      throw lostSight(job, parallelism)
    }
    const { state, missingSlotCount, failure } = rescale
    const key = `${state} ${missingSlotCount}`
    if (key !== lastKey) options.onProgress(rescale)
    lastKey = key
    if (failure !== undefined) throw errorFromInfo(failure)
    if (options.isDetached || state === 'completed' || isGloballyTerminal(job.status)) {
      return { job, rescale }
    }
    await delay(pollMs)
  }
}

/** Another JobManager answers by now, or another rescale has begun. */
function lostSight({ jobId, status }: JobDetails, parallelism: number): MillraceError {
  return new MillraceError(
    'RESCALE_FAILED',
    `What became of the rescale to ${parallelism} is not known any more: another JobManager has ` +
      'taken over, or the job is rescaled again. `millrace status` shows what it runs with.',
    { disposition: 'reject-request', blame: 'external', details: { jobId, status } },
  )
}
