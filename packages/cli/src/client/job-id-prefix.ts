import { JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway } from '@millrace/rpc'
import { usageError } from '../terminal/failure-report.ts'

const prefixLengthMin = 4
/** More matches are counted, not named. */
const shownMatchesMax = 10

/** What a user typed for a job: its id, or how that begins. */
export interface TypedJobId {
  /** As it was typed, in lower case. */
  readonly text: string
  /** undefined where it is the beginning of one. */
  readonly whole: JobId | undefined
}

/** Throws ARGUMENT_INVALID for what no job id begins with; `listing` shows the ids there are. */
export function parseTypedJobId(typed: string, listing = 'millrace list'): TypedJobId {
  const text = typed.toLowerCase()
  if (JobId.is(text)) return { text, whole: JobId.parse(text) }
  if (/^[0-9a-f]+$/.test(text) && text.length >= prefixLengthMin && text.length < 32) {
    return { text, whole: undefined }
  }
  throw usageError(
    `'${typed}' is no job id, nor the first ${prefixLengthMin} or more characters of one. ` +
      `\`${listing}\` shows the ids of all jobs.`,
  )
}

/**
 * The one of these jobs that is meant; undefined where none begins so. Throws ARGUMENT_INVALID with
 * the matches where several do.
 */
export function matchJobId({ text }: TypedJobId, jobIds: readonly JobId[]): JobId | undefined {
  const matches = jobIds.filter((jobId) => jobId.startsWith(text)).sort()
  if (matches.length <= 1) return matches[0]
  const shown = matches.slice(0, shownMatchesMax)
  const rest = matches.length - shown.length
  throw usageError(
    `${matches.length} job ids begin with '${text}': ${shown.join(', ')}` +
      `${rest === 0 ? '' : ` and ${rest} more`}. Type more of the one that is meant.`,
  )
}

/**
 * The job of a cluster that is meant. A whole id is taken as it is; for the beginning of one it
 * rejects with JOB_NOT_FOUND where no job has it.
 */
export async function findJobId(
  gateway: Pick<DispatcherGateway, 'listJobs'>,
  typed: TypedJobId,
): Promise<JobId> {
  if (typed.whole !== undefined) return typed.whole
  const jobs = await gateway.listJobs()
  const jobIds = jobs.map((job) => job.jobId)
  const jobId = matchJobId(typed, jobIds)
  if (jobId !== undefined) return jobId
  throw new MillraceError(
    'JOB_NOT_FOUND',
    `There is no job whose id begins with '${typed.text}'. \`millrace list\` shows the jobs.`,
    { blame: 'user', disposition: 'reject-request', details: { prefix: typed.text } },
  )
}
