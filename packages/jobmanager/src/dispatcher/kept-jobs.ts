import { type Clock, type JobId, type Logger, MillraceError, supervise } from '@millrace/core'
import type {
  HighAvailabilityServices,
  JobRecord,
  RecoverableJob,
} from '../high-availability/high-availability-services.ts'
import { Retry } from '../retry.ts'

const removalRetry = { delayInitialMs: 1_000, delayMsMax: 30_000 }
const recoveryRetry = { delayInitialMs: 1_000, delayMsMax: 60_000 }

interface KeptJob {
  readonly removed: PromiseWithResolvers<void>
  removal: Retry | undefined
  /** Why it could not be removed yet. */
  failure: unknown
}

interface Recovery {
  readonly recoverable: RecoverableJob
  readonly retry: Retry
  readonly settled: Promise<void>
  failure: unknown
}

/** How far the recovery of a job has come. */
export interface RecoveryProgress {
  /** Of the latest try that failed; undefined where none did. */
  readonly failure: unknown
  readonly failureCount: number
  /** undefined: one is under way. */
  readonly nextTryInMs: number | undefined
}

/**
 * Takes jobs out of the high-availability store when they ended, and brings those back that an
 * earlier JobManager left: each is tried until it works, since a job that is given up is lost.
 */
export class KeptJobs {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #highAvailability: HighAvailabilityServices
  readonly #onFatalError: (error: Error) => void
  readonly #recoveries = new Map<JobId, Recovery>()
  /** Those in the store: a later JobManager would run them. */
  readonly #kept = new Map<JobId, KeptJob>()
  #isClosed = false

  constructor(
    clock: Clock,
    logger: Logger,
    highAvailability: HighAvailabilityServices,
    onFatalError: (error: Error) => void,
  ) {
    this.#clock = clock
    this.#logger = logger
    this.#highAvailability = highAvailability
    this.#onFatalError = onFatalError
  }

  /** Stores the job for later JobManagers, before anything of it runs. */
  async add(job: JobRecord, bundle: Uint8Array): Promise<void> {
    this.#keep(job.jobId)
    await this.#highAvailability.addJob(job, bundle)
  }

  /** Whether a later JobManager would run the job: it did not end, or the store was not told. */
  isKept(jobId: JobId): boolean {
    return this.#kept.has(jobId)
  }

  /** Resolves when no later JobManager will run the job. */
  async untilRemoved(jobId: JobId): Promise<void> {
    await this.#kept.get(jobId)?.removed.promise
  }

  /** Why the store could not be told that the job ended, as far as it was tried. */
  removalFailure(jobId: JobId): unknown {
    return this.#kept.get(jobId)?.failure
  }

  /** Jobs that are not there again yet. */
  recovering(): readonly RecoverableJob[] {
    return [...this.#recoveries.values()].map(({ recoverable }) => recoverable)
  }

  /** Whether the job is not there again yet. */
  isRecovering(jobId: JobId): boolean {
    return this.#recoveries.has(jobId)
  }

  /** Why it is not there again yet, as far as it was tried; undefined where it is. */
  recoveryProgress(jobId: JobId): RecoveryProgress | undefined {
    const recovery = this.#recoveries.get(jobId)
    if (recovery === undefined) return undefined
    const { failure, retry } = recovery
    return { failure, failureCount: retry.failureCount, nextTryInMs: retry.nextAttemptInMs }
  }

  /** Whether nobody wants it any more, though a try may be under way. */
  isRecoveryStopped(jobId: JobId): boolean {
    return this.#recoveries.get(jobId)?.retry.isStopped === true
  }

  /** Resolves when the job is there again, or will not be. */
  async untilRecovered(jobId: JobId): Promise<void> {
    await this.#recoveries.get(jobId)?.settled
  }

  /** Calls `attempt` until it succeeds, or the recovery is canceled. */
  recover(recoverable: RecoverableJob, attempt: () => Promise<void>): void {
    const { jobId } = recoverable.job
    this.#keep(jobId)
    const retry = new Retry(this.#clock, {
      ...recoveryRetry,
      onFailure: (error) => {
        recovery.failure = error
        if (retry.isStopped || this.#isClosed) return false
        const { failureCount } = retry
        this.#logger.error('job recovery failed, is tried again', { jobId, failureCount, error })
        return true
      },
    })
    const settled = retry.run(attempt).then((isRecovered) => {
      this.#recoveries.delete(jobId)
      if (!isRecovered && !this.#isClosed) this.remove(jobId)
    })
    const recovery: Recovery = { recoverable, retry, settled, failure: undefined }
    this.#recoveries.set(jobId, recovery)
  }

  /** The job is not wanted any more; returns false where it is not being recovered. */
  cancelRecovery(jobId: JobId): boolean {
    const recovery = this.#recoveries.get(jobId)
    recovery?.retry.stop()
    return recovery !== undefined
  }

  /** It ended, or could not be submitted: no later JobManager shall run it. */
  remove(jobId: JobId): void {
    const kept = this.#kept.get(jobId)
    if (this.#isClosed || kept === undefined) return
    const retry = new Retry(this.#clock, {
      ...removalRetry,
      onFailure: (error) => {
        kept.failure = error
        if (this.#isClosed || this.#isSuperseded(error)) return false
        this.#logger.error('ended job is still in the high-availability store', { jobId, error })
        return true
      },
    })
    kept.removal = retry
    const removed = retry
      .run(() => this.#highAvailability.removeJob(jobId))
      .then((isRemoved) => {
        if (!isRemoved) return
        this.#kept.delete(jobId)
        kept.removed.resolve()
      })
    supervise(removed, (error) => this.#logger.error('removal of a job failed', { jobId, error }))
  }

  /** Rejects, and ends the process, where another JobManager leads. */
  async confirmLeadership(): Promise<void> {
    try {
      await this.#highAvailability.confirmLeadership()
    } catch (error) {
      if (this.#isSuperseded(error)) throw error
      // Storage that is away says nothing about that.
      this.#logger.warn('leadership could not be confirmed', { error })
    }
  }

  /** Nothing is tried any more. */
  close(): void {
    this.#isClosed = true
    for (const { retry } of this.#recoveries.values()) retry.stop()
    for (const { removal } of this.#kept.values()) removal?.stop()
  }

  #keep(jobId: JobId): void {
    const removed = Promise.withResolvers<void>()
    this.#kept.set(jobId, { removed, removal: undefined, failure: undefined })
  }

  #isSuperseded(error: unknown): boolean {
    if (!(error instanceof MillraceError) || error.code !== 'JOB_MANAGER_SUPERSEDED') return false
    this.#onFatalError(error)
    return true
  }
}
