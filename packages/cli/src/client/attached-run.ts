import { setTimeout as delay } from 'node:timers/promises'
import { isGloballyTerminal, type JobId, MillraceError } from '@millrace/core'
import type { DispatcherGateway, JobDetails } from '@millrace/rpc'
import { type ExitCode, exitCodeOfJob, exitCodes } from '../exit-code.ts'
import { JobProgress } from '../terminal/job-progress.ts'
import { askAboutInterrupt, type InterruptChoice, type Interrupts } from './interrupts.ts'
import type { RunReporter } from './run-reporter.ts'

const firstPollMs = 10
const pollMsMax = 250
/** How long a JobManager that does not answer, or recovers the job, is asked again. */
const unreachableMsMax = 10_000

export interface AttachedRunOptions {
  readonly jobId: JobId
  /** Without it, Ctrl-C offers no way to leave the job running. */
  readonly canDetach: boolean
  /** Ctrl-C asks instead of canceling. */
  readonly isInteractive: boolean
  readonly interrupts: Interrupts
}

/** Follows a job until it ends or the user leaves; the exit code says which. */
export async function followJob(
  gateway: DispatcherGateway,
  reporter: RunReporter,
  options: AttachedRunOptions,
): Promise<ExitCode> {
  const progress = new JobProgress()
  let interrupted = options.interrupts.next()
  let isCanceling = false
  let pollMs = firstPollMs
  let last: JobDetails | undefined
  for (;;) {
    const details = await requestJob(gateway, options.jobId).catch((error: unknown) => {
      reporter.onLost()
      throw last === undefined ? error : lostSightOf(last, error)
    })
    last = details
    const view = progress.look(details, Date.now())
    reporter.onProgress(view, details)
    if (isGloballyTerminal(details.status)) {
      reporter.onEnded(view, details)
      return exitCodeOfJob(details.status)
    }
    const wake = await Promise.race([delay(pollMs).then(() => 'poll' as const), interrupted])
    pollMs = Math.min(pollMsMax, pollMs * 1.5)
    if (wake === 'poll') continue
    interrupted = options.interrupts.next()
    const isInteractive = options.isInteractive && wake === 'SIGINT'
    const run = { ...options, isInteractive, isCanceling }
    const choice = await chooseOnInterrupt(reporter, details, run)
    if (choice === 'detach') {
      reporter.onLeft(view)
      return exitCodes.detached
    }
    if (choice === 'cancel') {
      isCanceling = true
      pollMs = firstPollMs
      reporter.onCanceling(view)
      await gateway.cancelJob(options.jobId)
    }
  }
}

async function chooseOnInterrupt(
  reporter: RunReporter,
  details: JobDetails,
  run: AttachedRunOptions & { readonly isCanceling: boolean },
): Promise<InterruptChoice> {
  if (!run.isInteractive) return run.isCanceling ? 'detach' : 'cancel'
  reporter.pause()
  const choice = await askAboutInterrupt({ jobName: details.name, canDetach: run.canDetach })
  reporter.resume()
  return choice
}

/** The error, with what became of the job as far as is known, where the error does not say that. */
function lostSightOf({ jobId, name, status }: JobDetails, error: unknown): unknown {
  if (!(error instanceof MillraceError) || error.code === 'JOB_END_NOT_STORED') return error
  const { code, message, disposition, blame, details } = error
  const what =
    `The job ${name} (${jobId}) was ${status} when its JobManager last answered; if that ended ` +
    `and has no high availability (high-availability.type), the job ended with it. ${message}`
  return new MillraceError(code, what, { cause: error, disposition, blame, details })
}

async function requestJob(gateway: DispatcherGateway, jobId: JobId): Promise<JobDetails> {
  for (const deadline = performance.now() + unreachableMsMax; ; ) {
    try {
      return await gateway.requestJob(jobId)
    } catch (error) {
      if (!mayComeBack(error) || performance.now() > deadline) throw error
      await delay(pollMsMax)
    }
  }
}

/**
 * The JobManager is away, or is there again and has not recovered the job yet; or its store cannot
 * be told that the job ended.
 */
function mayComeBack(error: unknown): boolean {
  if (!(error instanceof MillraceError)) return false
  const { code, disposition } = error
  const isRetried = code === 'JOB_NOT_FOUND' || code === 'JOB_END_NOT_STORED'
  return code === 'JOB_MANAGER_UNREACHABLE' || (isRetried && disposition === 'retry')
}
