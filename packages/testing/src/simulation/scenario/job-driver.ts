import { createHash } from 'node:crypto'
import {
  BundleHash,
  type BundleReference,
  isGloballyTerminal,
  type JobId,
  MillraceError,
} from '@millrace/core'
import type { DispatcherGateway, JobDetails, SavepointGoal } from '@millrace/rpc'
import type { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { call } from '../edge/simulated-calls.ts'
import { moduleError, type SimulatedJob, savepointDirectory } from '../jobs/simulated-job.ts'
import { Actor } from '../world/actor.ts'

/**
 * 'lost': it was submitted to a JobManager that died before it answered and had not kept it, or
 * (`wasThere`) it ended, and its JobManager died before anybody looked.
 */
export type JobOutcome =
  | { readonly end: 'FINISHED' | 'FAILED' | 'CANCELED'; readonly details: JobDetails }
  | { readonly end: 'rejected'; readonly error: unknown }
  | { readonly end: 'lost'; readonly wasThere: boolean }

const pollMs = 200
const retryMs = 300

/** A user at a terminal: uploads a job, submits it, looks at it until it is over, may cancel it. */
export class JobDriver {
  readonly job: SimulatedJob
  readonly actor: Actor
  readonly #cluster: SimulatedCluster
  readonly #apiVersion: string
  #jobId: JobId | undefined
  #jobManager: Actor | undefined
  #outcome: JobOutcome | undefined
  #latest: JobDetails | undefined
  #wantsCancel = false
  #wantsStop = false

  constructor(cluster: SimulatedCluster, job: SimulatedJob, apiVersion: string) {
    this.#cluster = cluster
    this.job = job
    this.#apiVersion = apiVersion
    this.actor = new Actor(`user ${job.name}`, `user ${job.name}`)
  }

  get outcome(): JobOutcome | undefined {
    return this.#outcome
  }

  get jobId(): JobId | undefined {
    return this.#jobId
  }

  get wasCanceled(): boolean {
    return this.#wantsCancel
  }

  /** Somebody tried to stop it with a savepoint; whether it did is not known. */
  get wasStopped(): boolean {
    return this.#wantsStop
  }

  /** As last seen. */
  get latest(): JobDetails | undefined {
    return this.#latest
  }

  start(delayMs: number): void {
    this.#later(delayMs, () => this.#submit())
  }

  cancelAfter(delayMs: number): void {
    this.#later(delayMs, () => this.cancel())
  }

  cancel(): void {
    if (this.#wantsCancel) return
    this.#wantsCancel = true
    this.#cluster.simulation.note(this.actor, 'cancel')
  }

  /** Gives the job another parallelism, if it is there; it may be refused. */
  rescale(parallelism: number): void {
    const jobId = this.#jobId
    if (jobId === undefined || this.#outcome !== undefined) return
    this.#cluster.simulation.note(this.actor, `rescale to ${parallelism}`)
    this.#ask('rescaleJob', (each) => each.rescaleJob({ jobId, parallelism }))
  }

  /** What may be refused. */
  #ask(label: string, run: (dispatcher: DispatcherGateway) => Promise<unknown>): void {
    this.#later(0, async () => {
      try {
        await this.#call(label, run)
      } catch (error) {
        const code = error instanceof MillraceError ? error.code : 'INTERNAL_ERROR'
        if (code !== 'INTERNAL_ERROR') return
        const message = error instanceof Error ? error.stack : String(error)
        this.#cluster.simulation.violate('no-internal-error', `${this.job.name}: ${message}`)
      }
    })
  }

  /** Takes a savepoint of the job, or stops it with one, if it is there; it may be refused. */
  savepoint(goal: SavepointGoal): void {
    const jobId = this.#jobId
    if (jobId === undefined || this.#outcome !== undefined) return
    if (goal !== 'savepoint') this.#wantsStop = true
    this.#cluster.simulation.note(this.actor, goal)
    const request = { jobId, goal, targetDirectory: savepointDirectory }
    this.#ask('triggerSavepoint', (each) => each.triggerSavepoint(request))
  }

  async #submit(): Promise<void> {
    const reachable = this.#cluster.findJobManager()
    try {
      const content = new TextEncoder().encode(this.job.name)
      const bundle = referenceOf(content)
      await this.#call('uploadBundle', (dispatcher) =>
        dispatcher.uploadBundle(bundle, chunksOf(content)),
      )
      const { config } = this.job
      const submission = { bundle, apiVersion: this.#apiVersion, args: {}, config }
      this.#jobManager = this.#cluster.jobManagerActor
      this.#jobId = await this.#call('submitJob', (dispatcher) => dispatcher.submitJob(submission))
      this.#later(pollMs, () => this.#poll())
    } catch (error) {
      this.#onSubmissionFailed(error, reachable?.actor)
    }
  }

  /** Where the way to the JobManager failed nobody knows what became of the submission. */
  #onSubmissionFailed(error: unknown, jobManager: Actor | undefined): void {
    const code = error instanceof MillraceError ? error.code : undefined
    const isAway =
      code === 'RPC_FAILED' ||
      code === 'JOB_MANAGER_UNREACHABLE' ||
      code === 'JOB_MANAGER_SUPERSEDED'
    if (!isAway) {
      const isDiskFull =
        code === 'BUNDLE_STORE_FULL' ||
        code === 'CHECKPOINT_DIRECTORY_UNUSABLE' ||
        code === 'FILE_WRITE_FAILED'
      const isRetried = isDiskFull || code === 'FILE_NOT_FOUND'
      if (isRetried) this.#later(retryMs, () => this.#submit())
      else this.#end({ end: 'rejected', error })
    } else if (this.#jobManager === undefined) {
      this.#later(retryMs, () => this.#submit())
    } else if (jobManager?.isAlive === false || jobManager !== this.#cluster.jobManagerActor) {
      this.#later(retryMs, () => this.#lookForIt())
    } else {
      this.#end({ end: 'rejected', error })
    }
  }

  async #poll(): Promise<void> {
    const jobId = this.#jobId
    if (jobId === undefined) return
    let jobManager = this.#cluster.jobManagerActor
    try {
      if (this.#wantsCancel) {
        await this.#call('cancelJob', (each) => each.cancelJob(jobId))
        // Its answer may have come late: another one may be asked now.
        jobManager = this.#cluster.jobManagerActor
      }
      const details = await this.#call('requestJob', (each) => each.requestJob(jobId))
      this.#latest = details
      this.#jobManager = jobManager
      if (isGloballyTerminal(details.status)) {
        this.#end({ end: details.status as 'FINISHED' | 'FAILED' | 'CANCELED', details })
        return
      }
    } catch (error) {
      const isGone = error instanceof MillraceError && error.code === 'JOB_NOT_FOUND'
      if (isGone && error.disposition !== 'retry') {
        this.#onGone(jobManager)
        return
      }
    }
    this.#later(pollMs, () => this.#poll())
  }

  /** Nobody knows what became of the submission: a job of this name may be there. */
  async #lookForIt(): Promise<void> {
    try {
      const jobs = await this.#call('listJobs', (dispatcher) => dispatcher.listJobs())
      const own = jobs.find(({ name }) => name === this.job.name)
      this.#jobManager = this.#cluster.jobManagerActor
      if (own !== undefined) {
        this.#jobId = own.jobId
        await this.#poll()
        return
      }
      // Those that are being recovered have no name yet.
      const recovering = jobs.filter(({ status }) => status === 'INITIALIZING')
      if (recovering.length === 0) {
        this.#end({ end: 'lost', wasThere: false })
        return
      }
      for (const { jobId } of recovering) await this.#giveUpIfHopeless(jobId)
    } catch {
      // It will be there again.
    }
    this.#later(retryMs, () => this.#lookForIt())
  }

  /** One whose module throws is tried for ever by the JobManager, until somebody cancels it. */
  async #giveUpIfHopeless(jobId: JobId): Promise<void> {
    try {
      await this.#call('requestJob', (each) => each.requestJob(jobId))
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(moduleError))) return
      await this.#call('cancelJob', (each) => each.cancelJob(jobId))
    }
  }

  /** It was there when it was looked at last; a JobManager forgets what ended under another one. */
  #onGone(jobManager: Actor): void {
    if (this.#jobManager === jobManager) {
      this.#cluster.simulation.violate(
        'jobs-are-not-lost',
        `${this.job.name} is not known any more`,
      )
    }
    this.#end({ end: 'lost', wasThere: true })
  }

  #end(outcome: JobOutcome): void {
    this.#outcome = outcome
    this.#cluster.simulation.note(this.actor, `over: ${outcome.end}`)
  }

  #call<Result>(
    label: string,
    run: (dispatcher: DispatcherGateway) => Promise<Result>,
  ): Promise<Result> {
    const { network, findJobManager } = this.#cluster
    return call(network, this.actor, findJobManager, label, ({ dispatcher }) => run(dispatcher))
  }

  #later(delayMs: number, run: () => void | Promise<void>): void {
    const { simulation } = this.#cluster
    simulation.schedule(this.actor, delayMs, 'user acts', () => {
      Promise.resolve(run()).catch((error: unknown) => simulation.onUncaught(error))
    })
  }
}

function referenceOf(content: Uint8Array): BundleReference {
  const hash = BundleHash.parse(createHash('sha256').update(content).digest('hex'))
  return { hash, sizeBytes: content.length }
}

async function* chunksOf(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}
