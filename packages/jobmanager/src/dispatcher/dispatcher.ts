import {
  type BundleHash,
  type BundleReference,
  type CollectedResults,
  isGloballyTerminal,
  type JobGraph,
  JobId,
  type Logger,
  MillraceError,
  type RestorePlan,
  type SavepointId,
  supervise,
} from '@millrace/core'
import { Configuration } from '@millrace/core/config'
import type {
  ClusterOverview,
  DispatcherGateway,
  JobDetails,
  JobOverview,
  JobSubmission,
  LogRequest,
  RescaleAnswer,
  RescaleRequest,
  ResultRequest,
  SavepointDetails,
  SavepointRequest,
} from '@millrace/rpc'
import type { JobRecord, RecoverableJob } from '../high-availability/high-availability-services.ts'
import type { JobManagerEnvironment, JobManagerOptions } from '../job-manager-options.ts'
import { JobMaster } from '../job-master/job-master.ts'
import type { JobMasterRequest, RememberedJob } from '../job-master/job-master-request.ts'
import type { ResourceManager } from '../resource-manager/resource-manager.ts'
import { checkApiVersion } from './api-version.ts'
import type { BundleStore } from './bundle-store.ts'
import { JobFollowers } from './job-followers.ts'
import { JobStore } from './job-store.ts'
import { keptCheckpointLog, readKeptCheckpoints } from './kept-checkpoints.ts'
import { KeptJobs, type RecoveryProgress } from './kept-jobs.ts'
import { type PlanningHost, withPlanningHost } from './planning-host.ts'
import { type ImportedSavepoint, SavepointRestore } from './savepoint-restore.ts'

/** How long clients have to see the end of the jobs they follow, before the JobManager goes. */
const endSeenMsMax = 1_000
/** How long who asks for a job that is being recovered waits, less than any client does. */
const recoveredMsMax = 3_000
/** How long a request waits for the store to be told that a job ended. */
const endStoredMsMax = 3_000

/** Takes jobs in, starts a JobMaster for each, and answers clients. */
export class Dispatcher implements DispatcherGateway {
  readonly #environment: JobManagerEnvironment
  readonly #options: JobManagerOptions
  readonly #resourceManager: ResourceManager
  readonly #bundleStore: BundleStore
  readonly #logger: Logger
  readonly #jobStore: JobStore
  readonly #keptJobs: KeptJobs
  readonly #followers = new JobFollowers()
  readonly #startedAtMs: number
  readonly #savepointRestore: SavepointRestore
  #isClosing = false

  constructor(
    environment: JobManagerEnvironment,
    options: JobManagerOptions,
    resourceManager: ResourceManager,
    bundleStore: BundleStore,
  ) {
    this.#environment = environment
    this.#options = options
    this.#resourceManager = resourceManager
    this.#bundleStore = bundleStore
    this.#logger = environment.logger
    this.#jobStore = new JobStore(options.jobStoreCapacityMax)
    const { clock, highAvailability, onFatalError } = environment
    this.#keptJobs = new KeptJobs(clock, this.#logger, highAvailability, onFatalError)
    this.#startedAtMs = environment.clock.now()
    this.#savepointRestore = new SavepointRestore(environment, options)
  }

  /** Runs jobs again that an earlier JobManager left, each under the id it has. */
  recover(jobs: readonly RecoverableJob[]): void {
    for (const recoverable of jobs) {
      this.#keptJobs.recover(recoverable, () => this.#recoverJob(recoverable))
    }
  }

  uploadBundle(expected: BundleReference, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#bundleStore.put(expected, chunks)
  }

  async hasBundle(hash: BundleHash): Promise<boolean> {
    return this.#bundleStore.has(hash)
  }

  async submitJob(submission: JobSubmission): Promise<JobId> {
    const request = this.#requestFor(submission)
    const { jobId, bundle } = request
    let imported: ImportedSavepoint | undefined
    try {
      imported = await this.#import(request)
      if (this.#environment.highAvailability.isEnabled) await this.#keep(request, imported)
      await this.#startJob(imported === undefined ? request : { ...request, ...imported.start })
      supervise(imported?.claim() ?? Promise.resolve(), (error) =>
        this.#logger.warn('claimed savepoint could not be deleted', { jobId, error }),
      )
      return jobId
    } catch (error) {
      await imported?.discard().catch(() => {
        // What cannot be deleted now, `millrace checkpoint gc` finds.
      })
      this.#keptJobs.remove(jobId)
      this.#jobStore.remove(jobId)
      this.#bundleStore.release(bundle.hash)
      this.#logger.warn('job submission failed', { jobId, error })
      throw error
    }
  }

  async planJob(submission: JobSubmission): Promise<JobGraph> {
    const request = this.#requestFor(submission)
    try {
      const use = ({ built }: PlanningHost): JobGraph => built.graph
      return await withPlanningHost(this.#environment, this.#options, this.#logger, request, use)
    } finally {
      this.#bundleStore.release(request.bundle.hash)
    }
  }

  async planRestore(submission: JobSubmission): Promise<RestorePlan> {
    const request = this.#requestFor(submission)
    try {
      return await this.#savepointRestore.plan(request)
    } finally {
      this.#bundleStore.release(request.bundle.hash)
    }
  }

  async listJobs(): Promise<readonly JobOverview[]> {
    const recovering = this.#keptJobs
      .recovering()
      .filter(({ job }) => this.#jobStore.get(job.jobId) === undefined)
    return [
      ...recovering.map(recoveringOverview),
      ...this.#jobStore.all().map((job) => job.overview()),
    ]
  }

  async requestJob(jobId: JobId): Promise<JobDetails> {
    if (this.#keptJobs.isRecovering(jobId)) {
      await this.#isInTime(this.#keptJobs.untilRecovered(jobId), recoveredMsMax)
    }
    // One that was given up before it was recovered is over for good as late as any other.
    const isGone = this.#jobStore.get(jobId) === undefined && !this.#keptJobs.isRecovering(jobId)
    if (isGone) await this.#endStored({ jobId, status: 'over' })
    const details = this.#job(jobId).details()
    if (details === undefined) {
      const progress = this.#keptJobs.recoveryProgress(jobId)
      if (progress !== undefined) throw jobRecovering(jobId, progress)
      const what = `Job ${jobId} has nothing to show yet: its graph is still being built`
      throw jobNotFound(jobId, `${what}. Ask again in a moment.`)
    }
    const isOver = isGloballyTerminal(details.status)
    // An end is told by the leader alone: under another one the job may go on.
    if (isOver) {
      await this.#keptJobs.confirmLeadership()
      await this.#endStored(details)
    }
    this.#followers.onLook(jobId, isOver, this.#environment.clock.monotonicMs())
    return details
  }

  async cancelJob(jobId: JobId): Promise<void> {
    const isRecovering = this.#keptJobs.cancelRecovery(jobId)
    const job = isRecovering ? this.#jobStore.get(jobId) : this.#job(jobId)
    job?.cancel()
  }

  async triggerSavepoint(request: SavepointRequest): Promise<SavepointId> {
    return this.#job(request.jobId).beginSavepoint(request)
  }

  async requestSavepoints(jobId: JobId): Promise<readonly SavepointDetails[]> {
    return this.#job(jobId).savepoints()
  }

  async rescaleJob({ jobId, parallelism }: RescaleRequest): Promise<RescaleAnswer> {
    return this.#job(jobId).rescale(parallelism)
  }

  async requestClusterOverview(): Promise<ClusterOverview> {
    const taskManagers = this.#resourceManager.taskManagers()
    const { version, processId } = this.#options
    return {
      version,
      processId,
      startedAtMs: this.#startedAtMs,
      slotCount: taskManagers.reduce((sum, each) => sum + each.slotCount, 0),
      freeSlotCount: taskManagers.reduce((sum, each) => sum + each.freeSlotCount, 0),
      taskManagers,
      jobs: await this.listJobs(),
    }
  }

  async fetchResults(request: ResultRequest): Promise<CollectedResults> {
    return this.#job(request.jobId).fetchResults(request)
  }

  requestLogs({ taskManagerId, lineCountMax }: LogRequest): Promise<readonly string[]> {
    if (taskManagerId === undefined) return this.#environment.readLog(lineCountMax)
    return this.#resourceManager.requestLog(taskManagerId, lineCountMax)
  }

  /**
   * Takes no more jobs and ends the job hosts. Before that, jobs that run are canceled, and who
   * follows one sees its end, all within a bound; with high availability they are left for the next
   * JobManager instead.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    if (!this.#environment.highAvailability.isEnabled) await this.#cancelAll()
    this.#keptJobs.close()
    for (const job of this.#jobStore.all()) job.close()
  }

  async #cancelAll(): Promise<void> {
    const running = this.#jobStore.running()
    const jobIds = running.map(({ jobId }) => jobId)
    const nowMs = this.#environment.clock.monotonicMs()
    const endsSeen = this.#followers.untilEndsSeen(jobIds, nowMs)
    for (const job of running) job.cancel()
    const ended = Promise.all(running.map((job) => job.ended))
    if (await this.#isInTime(ended, this.#options.shutdownTimeoutMs)) {
      await this.#isInTime(endsSeen, endSeenMsMax)
    }
  }

  async #isInTime(promise: Promise<unknown>, msMax: number): Promise<boolean> {
    const late = Promise.withResolvers<boolean>()
    const timer = this.#environment.clock.setTimer(msMax, () => late.resolve(false))
    const isInTime = await Promise.race([late.promise, promise.then(() => true)])
    timer.cancel()
    return isInTime
  }

  /** Checks what can be checked before user code runs, and keeps the bundle for it. */
  #requestFor(submission: JobSubmission): JobMasterRequest {
    if (this.#isClosing) {
      throw new MillraceError(
        'JOB_MANAGER_UNREACHABLE',
        'The JobManager is shutting down and takes no more jobs. Submit the job when it is back.',
        { disposition: 'retry', blame: 'external' },
      )
    }
    const { args, config, apiVersion } = submission
    checkApiVersion(apiVersion, this.#options.apiVersion)
    Configuration.empty.withRecord(config, 'the submission')
    const bundle = this.#bundleStore.retain(submission.bundle.hash)
    return {
      jobId: JobId.random(this.#environment.random),
      bundle,
      moduleUrl: this.#bundleStore.moduleUrl(bundle),
      args,
      submissionConfig: config,
    }
  }

  /** What the job is to begin with; undefined: nothing. */
  #import(request: JobMasterRequest): Promise<ImportedSavepoint | undefined> {
    return this.#savepointRestore.import(request, (jobId) => {
      const job = this.#jobStore.get(jobId)
      return job !== undefined && !isGloballyTerminal(job.status)
    })
  }

  /** Stores the job for later JobManagers, before anything of it runs. */
  async #keep(
    { jobId, bundle, args, submissionConfig }: JobMasterRequest,
    imported: ImportedSavepoint | undefined,
  ): Promise<void> {
    const submittedAtMs = this.#environment.clock.now()
    const record: JobRecord = { jobId, bundle, args, config: submissionConfig, submittedAtMs }
    await this.#keptJobs.add(record, await this.#bundleStore.read(bundle.hash))
    if (imported === undefined) return
    await this.#environment.highAvailability.addCheckpoint(jobId, imported.pointer)
  }

  /** An end that the store was not told of is none yet: a later JobManager would run the job. */
  async #endStored({ jobId, status }: { jobId: JobId; status: string }): Promise<void> {
    if (!this.#keptJobs.isKept(jobId)) return
    if (await this.#isInTime(this.#keptJobs.untilRemoved(jobId), endStoredMsMax)) return
    throw jobEndNotStored(jobId, status, this.#keptJobs.removalFailure(jobId))
  }

  async #startJob(submitted: JobMasterRequest): Promise<void> {
    const { jobId, bundle } = submitted
    const { highAvailability } = this.#environment
    const checkpointLog = (directory: string, job: RememberedJob) => {
      return keptCheckpointLog(highAvailability, jobId, directory, job)
    }
    const request = highAvailability.isEnabled ? { ...submitted, checkpointLog } : submitted
    const job = new JobMaster(this.#environment, this.#options, this.#resourceManager, request)
    this.#jobStore.add(job)
    await job.start()
    const ended = job.ended.then(() => this.#onEnded(job, bundle.hash))
    supervise(ended, (error) => this.#logger.error('job clean-up failed', { jobId, error }))
  }

  async #recoverJob({ job, checkpoints, restartCount }: RecoverableJob): Promise<void> {
    const { jobId, bundle, args, config: submissionConfig } = job
    const { checkpointStorage } = this.#environment
    const logger = this.#logger.child({ jobId })
    const known = await readKeptCheckpoints(checkpointStorage, logger, checkpoints)
    if (!this.#bundleStore.has(bundle.hash)) {
      const content = await this.#environment.highAvailability.readBundle(bundle.hash)
      await this.#bundleStore.put(bundle, chunksOf(content))
    }
    // From the next step on there is a JobMaster that can be canceled.
    if (this.#keptJobs.isRecoveryStopped(jobId)) throw recoveryStopped(jobId)
    const kept = this.#bundleStore.retain(bundle.hash)
    const moduleUrl = this.#bundleStore.moduleUrl(kept)
    try {
      // Who took it in may have ended before it was known where what it begins with is.
      const imported =
        known.completed.length > 0
          ? undefined
          : await this.#import({ jobId, bundle: kept, moduleUrl, args, submissionConfig })
      if (imported !== undefined) {
        await this.#environment.highAvailability.addCheckpoint(jobId, imported.pointer)
      }
      const { restored } = imported?.start ?? { restored: known }
      await this.#startJob({
        jobId,
        bundle: kept,
        moduleUrl,
        args,
        submissionConfig,
        restored,
        formerRestartCount: restartCount,
        parallelism: checkpoints.at(-1)?.parallelism,
      })
      const checkpointId = restored.completed.at(-1)?.checkpointId
      logger.info('job recovered', { checkpointId })
    } catch (error) {
      this.#jobStore.remove(jobId)
      this.#bundleStore.release(bundle.hash)
      throw error
    }
  }

  #onEnded(job: JobMaster, hash: BundleHash): void {
    this.#bundleStore.release(hash)
    this.#keptJobs.remove(job.jobId)
    this.#jobStore.onEnded(job)
    this.#followers.onEnded(job.jobId)
  }

  #job(jobId: JobId): JobMaster {
    const job = this.#jobStore.get(jobId)
    if (job === undefined) {
      const progress = this.#keptJobs.recoveryProgress(jobId)
      if (progress !== undefined) throw jobRecovering(jobId, progress)
      const what = `There is no job ${jobId}: it never was, or it ended long ago`
      throw jobNotFound(jobId, `${what}. \`millrace list\` shows the jobs there are.`)
    }
    return job
  }
}

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

/** Of a job that waits for the next try. */
function recoveringOverview({ job, restartCount }: RecoverableJob): JobOverview {
  const { jobId, submittedAtMs } = job
  return {
    jobId,
    name: '',
    status: 'INITIALIZING',
    startedAtMs: submittedAtMs,
    endedAtMs: 0,
    taskCount: 0,
    runningTaskCount: 0,
    restartCount,
  }
}

/** It is there, and will be seen later. */
function jobRecovering(jobId: JobId, progress: RecoveryProgress): MillraceError {
  const { failure, failureCount, nextTryInMs } = progress
  const tries = `${failureCount} ${failureCount === 1 ? 'try' : 'tries'}`
  const next = nextTryInMs === undefined ? 'one is under way' : `the next is in ${nextTryInMs} ms`
  const code = failure instanceof MillraceError ? `${failure.code}: ` : ''
  const so =
    failure instanceof Error
      ? `; ${tries} failed, ${next}; the last try failed: ${code}${failure.message}`
      : ''
  return new MillraceError(
    'JOB_NOT_FOUND',
    `Job ${jobId} is being recovered from an earlier JobManager${so}. It is tried again until it ` +
      'succeeds; `millrace cancel` gives it up.',
    {
      disposition: 'retry',
      blame: 'external',
      details: { jobId, failureCount, ...(nextTryInMs === undefined ? {} : { nextTryInMs }) },
    },
  )
}

function recoveryStopped(jobId: JobId): MillraceError {
  return new MillraceError('JOB_CANCELED', `Job ${jobId} was given up while it was recovered.`, {
    disposition: 'reject-request',
    blame: 'user',
    details: { jobId },
  })
}

function jobEndNotStored(jobId: JobId, status: string, failure: unknown): MillraceError {
  const so = failure instanceof Error ? `; the last try failed: ${failure.message}` : ''
  return new MillraceError(
    'JOB_END_NOT_STORED',
    `Job ${jobId} is ${status}, and the high-availability store does not know it yet${so}. Until ` +
      'it does a later JobManager would run the job again. It is tried until it works: see to ' +
      'the store, then ask again.',
    { disposition: 'retry', blame: 'external', details: { jobId, status } },
  )
}

function jobNotFound(jobId: JobId, message: string): MillraceError {
  const details = { jobId }
  return new MillraceError('JOB_NOT_FOUND', message, {
    disposition: 'reject-request',
    blame: 'user',
    details,
  })
}
