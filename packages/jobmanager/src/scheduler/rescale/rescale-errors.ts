import { type ErrorInfo, errorInfo, type JobStatus, MillraceError } from '@millrace/core'
import type { SlotSummary } from '../../resource-manager/slot-provider.ts'

const notStopped = 'Nothing was stopped: the job goes on as it was.'

/** The slots that it needs more did not come in time. */
export function rescaleSlotsMissing(
  counts: { readonly needed: number; readonly missing: number },
  { slotCount, freeSlotCount, taskManagerCount }: SlotSummary,
  waitedMs: number,
): ErrorInfo {
  const { needed } = counts
  const lacking = counts.missing - freeSlotCount
  const missing = lacking > 0 ? lacking : counts.missing
  return rescaleError(
    'SLOTS_MISSING',
    `The job would need ${slots(needed)}, and ${missing} of them ${missing === 1 ? 'is' : 'are'} ` +
      `missing after ${waitedMs} ms: the cluster has ${slots(slotCount)}, ${freeSlotCount} of ` +
      `them free. ${notStopped} Start TaskManagers, or choose a smaller parallelism.`,
    { needed, missing, slotCount, freeSlotCount, taskManagerCount },
  )
}

/** The checkpoint to go on from did not come about. */
export function rescaleCheckpointFailed(): ErrorInfo {
  return rescaleError(
    'RESCALE_FAILED',
    `The checkpoint that the job would have gone on from did not complete. ${notStopped} ` +
      '`millrace status` shows what became of the checkpoint; then try again.',
    {},
  )
}

/** Something happened to the job before it was stopped. */
export function rescaleInterrupted(why: string): ErrorInfo {
  return rescaleError(
    'RESCALE_FAILED',
    `${why} before the job was rescaled. It goes on with the parallelism it had: try again.`,
    {},
  )
}

/** Something else was asked for meanwhile. */
export function rescaleWithdrawn(): ErrorInfo {
  return rescaleError('RESCALE_FAILED', 'Another parallelism was asked for meanwhile.', {})
}

/** The job is on its way out. */
export function rescaleOfEndingJob(status: JobStatus): ErrorInfo {
  return rescaleError('RESCALE_FAILED', `The job is ${status}: it is not rescaled any more.`, {
    status,
  })
}

function rescaleError(
  code: 'SLOTS_MISSING' | 'RESCALE_FAILED',
  message: string,
  details: ErrorInfo['details'],
): ErrorInfo {
  return errorInfo(
    new MillraceError(code, message, { disposition: 'reject-request', blame: 'external', details }),
  )
}

function slots(count: number): string {
  return count === 1 ? '1 slot' : `${count} slots`
}
