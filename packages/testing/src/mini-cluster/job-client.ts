import {
  type Clock,
  errorFromInfo,
  isGloballyTerminal,
  type JobGraph,
  type JobId,
  MillraceError,
} from '@millrace/core'
import type { DispatcherGateway, JobDetails, RescaleDetails, SavepointGoal } from '@millrace/rpc'
import { CollectedRecords } from './collected-records.ts'
import { JobExecutionResult } from './job-execution-result.ts'

const pollMsMin = 5
const pollMsMax = 100

/** A job that runs on a MiniCluster. */
export class JobClient {
  readonly jobId: JobId
  readonly #clock: Clock
  readonly #gateway: DispatcherGateway
  readonly #failed: Promise<never>
  readonly #collected: readonly CollectedRecords[]
  readonly #fetched: Promise<unknown>
  #isFetched = false

  /** Made by the MiniCluster. `failed` rejects if the cluster cannot go on. */
  constructor(
    clock: Clock,
    gateway: DispatcherGateway,
    job: { readonly jobId: JobId; readonly graph: JobGraph },
    failed: Promise<never>,
  ) {
    this.jobId = job.jobId
    this.#clock = clock
    this.#gateway = gateway
    this.#failed = failed
    this.#collected = sinkNamesOf(job.graph).map((name) => {
      return new CollectedRecords(gateway, job.jobId, name)
    })
    this.#fetched = Promise.all(this.#collected.map((records) => records.fetchAll())).then(() => {
      this.#isFetched = true
    })
  }

  /** The job as it is now: states, metrics, failures. */
  details(): Promise<JobDetails> {
    return this.#gateway.requestJob(this.jobId)
  }

  /** Resolves when canceling has begun; `result` when it is over. */
  cancel(): Promise<void> {
    return this.#gateway.cancelJob(this.jobId)
  }

  /**
   * Takes a savepoint in a directory of its own below `targetDirectory`. Resolves with where it is
   * when it is complete, rejects with why it is not.
   */
  savepoint(targetDirectory: string): Promise<string> {
    return this.#take('savepoint', targetDirectory)
  }

  /**
   * Ends the job with a savepoint; `drain`: as if its input had ended. Resolves with where the
   * savepoint is when the job is FINISHED.
   */
  async stop(
    targetDirectory: string,
    { drain = false }: { readonly drain?: boolean } = {},
  ): Promise<string> {
    const location = await this.#take(drain ? 'drain' : 'stop', targetDirectory)
    await this.until(({ status }) => status === 'FINISHED')
    return location
  }

  /**
   * Gives the running job another parallelism. Resolves when it runs with that (undefined: it did
   * already), rejects with why it does not.
   */
  async rescale(parallelism: number): Promise<RescaleDetails | undefined> {
    const { isUnchanged } = await this.#gateway.rescaleJob({ jobId: this.jobId, parallelism })
    if (isUnchanged) return undefined
    const { rescale } = await this.until((details) => {
      return details.rescale?.state === 'completed' || details.rescale?.state === 'failed'
    })
    if (rescale?.failure !== undefined) throw errorFromInfo(rescale.failure)
    return rescale
  }

  async #take(goal: SavepointGoal, targetDirectory: string): Promise<string> {
    const { jobId } = this
    const savepointId = await this.#gateway.triggerSavepoint({ jobId, goal, targetDirectory })
    for (;;) {
      const all = await Promise.race([this.#gateway.requestSavepoints(jobId), this.#failed])
      const savepoint = all.find((each) => each.savepointId === savepointId)
      if (savepoint === undefined) throw savepointUnknown(savepointId)
      if (savepoint.failure !== undefined) throw errorFromInfo(savepoint.failure)
      if (savepoint.state === 'completed') return savepoint.location
      await this.#pause(pollMsMin)
    }
  }

  /** Resolves as soon as `isTrue` of the job; rejects with its failure if it ends before. */
  async until(isTrue: (details: JobDetails) => boolean): Promise<JobDetails> {
    for (let pollMs = pollMsMin; ; pollMs = Math.min(1.5 * pollMs, pollMsMax)) {
      const details = await Promise.race([this.details(), this.#failed])
      if (isTrue(details)) return details
      if (details.failure !== undefined) throw errorFromInfo(details.failure)
      if (isGloballyTerminal(details.status)) throw endedBefore(details)
      await this.#pause(pollMs)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(ms, resolve)
    })
  }

  /**
   * What a CollectSink has gathered, as soon as `isEnough`; rejects if the job ends before.
   *
   * ```ts
   * const words = await client.collect<string>('words', (records) => records.length >= 3)
   * ```
   */
  async collect<T>(
    sinkName: string,
    isEnough: (records: readonly T[]) => boolean,
  ): Promise<readonly T[]> {
    const found = this.#collected.find((records) => records.sinkName === sinkName)
    if (found === undefined) throw unknownSink(sinkName, this.#collected)
    const enough = found.until(isEnough as (records: readonly unknown[]) => boolean)
    return (await Promise.race([enough, this.#failed])) as readonly T[]
  }

  /** Resolves when the job FINISHED or was CANCELED; rejects with the failure if it FAILED. */
  async result(): Promise<JobExecutionResult> {
    const details = await this.until(({ status }) => isGloballyTerminal(status))
    if (details.failure !== undefined) throw errorFromInfo(details.failure)
    if (!this.#isFetched) await Promise.race([this.#fetched, this.#failed])
    const records = this.#collected.map((each) => [each.sinkName, each.records] as const)
    return new JobExecutionResult(details, new Map(records))
  }
}

function sinkNamesOf(graph: JobGraph): readonly string[] {
  const operators = graph.vertices.flatMap((vertex) => vertex.operators)
  return operators.filter(({ kind }) => kind === 'sink').map(({ name }) => name)
}

function endedBefore({ jobId, status }: JobDetails): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `Job ${jobId} is ${status}, and what was waited for did not come to be.`,
    { blame: 'user', details: { jobId, status } },
  )
}

function savepointUnknown(savepointId: string): MillraceError {
  return new MillraceError(
    'SAVEPOINT_UNKNOWN',
    `The JobManager does not know of savepoint ${savepointId} any more: another one took over.`,
    { blame: 'external', details: { savepointId } },
  )
}

function unknownSink(sinkName: string, known: readonly CollectedRecords[]): MillraceError {
  const names = known.map((each) => each.sinkName).join(', ') || 'none'
  return new MillraceError(
    'ARGUMENT_INVALID',
    `The job has no sink named '${sinkName}'. Its sinks: ${names}.`,
    { blame: 'user', details: { sinkName } },
  )
}
