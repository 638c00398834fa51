import type { Clock, JobArguments, RestorePlan } from '@millrace/core'
import type { ClusterOverview } from '@millrace/rpc'
import type {
  ComposeCluster,
  ComposedCluster,
  ProgramRequest,
  RunningTaskManager,
} from './composed-cluster.ts'
import { JobClient } from './job-client.ts'
import type { JobExecutionResult } from './job-execution-result.ts'

const pollMs = 10

export interface MiniClusterOptions {
  /** Default 1. */
  readonly taskManagers?: number
  /** Default 1. */
  readonly slotsPerTaskManager?: number
  /** Keys of docs/configuration.md: `{ 'heartbeat.timeout': '2 s' }`. */
  readonly configuration?: Readonly<Record<string, string>>
}

export interface RunOptions {
  /** What the job function gets as its second argument. */
  readonly args?: JobArguments
  /** Of operators that set none. Default 1. */
  readonly parallelism?: number
  /** Configuration keys of this job. */
  readonly configuration?: Readonly<Record<string, string>>
  /** The savepoint, or retained checkpoint (`…/chk-<n>`), that it begins with. */
  readonly fromSavepoint?: string
}

/**
 * A JobManager and TaskManagers in this process, with real gRPC on free ports and real threads.
 * Records are frozen, so that a function that changes what it has emitted is found.
 *
 * ```ts
 * const cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
 * try {
 *   const module = new URL('./word-count.ts', import.meta.url)
 *   const result = await cluster.run(module, { args: { input: 'books' }, parallelism: 4 })
 *   assert.deepEqual(result.collected('counts'), expected)
 * } finally {
 *   await cluster.close()
 * }
 * ```
 *
 * Jobs are modules, as `millrace run` takes them: each thread imports its own copy.
 */
export class MiniCluster {
  readonly #clock: Clock
  readonly #composed: ComposedCluster
  readonly #slotsPerTaskManager: number
  readonly #taskManagers = new Set<RunningTaskManager>()
  #closing: Promise<void> | undefined

  private constructor(clock: Clock, composed: ComposedCluster, slotsPerTaskManager: number) {
    this.#clock = clock
    this.#composed = composed
    this.#slotsPerTaskManager = slotsPerTaskManager
  }

  /** Resolves when all TaskManagers are registered and their slots free. */
  static async start(
    clock: Clock,
    compose: ComposeCluster,
    options: MiniClusterOptions = {},
  ): Promise<MiniCluster> {
    const { taskManagers = 1, slotsPerTaskManager = 1, configuration = {} } = options
    const composed = await compose(configuration)
    const cluster = new MiniCluster(clock, composed, slotsPerTaskManager)
    try {
      const starts = Array.from({ length: taskManagers }, () => cluster.startTaskManager())
      await Promise.all(starts)
      return cluster
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  /** One more TaskManager. Closing it makes its tasks fail over. */
  async startTaskManager(): Promise<RunningTaskManager> {
    const started = this.#composed.startTaskManager(this.#slotsPerTaskManager)
    const taskManager = await Promise.race([started, this.#composed.failed])
    const member: RunningTaskManager = {
      close: async () => {
        if (this.#taskManagers.delete(member)) await taskManager.close()
      },
    }
    this.#taskManagers.add(member)
    return member
  }

  /** Runs a job module to its end; rejects with the failure if the job FAILED. */
  async run(module: string | URL, options: RunOptions = {}): Promise<JobExecutionResult> {
    const client = await this.submit(module, options)
    return client.result()
  }

  /** Submits a job module; resolves when its graph is built. */
  async submit(module: string | URL, options: RunOptions = {}): Promise<JobClient> {
    const { gateway, failed } = this.#composed
    const jobId = await this.#composed.submitProgram(programOf(module, options))
    const { graph } = await gateway.requestJob(jobId)
    return new JobClient(this.#clock, gateway, { jobId, graph }, failed)
  }

  /** What would become of the savepoint that the job is to begin with; nothing is started. */
  planRestore(
    module: string | URL,
    options: RunOptions & { readonly fromSavepoint: string },
  ): Promise<RestorePlan> {
    return this.#composed.planRestore(programOf(module, options))
  }

  /** TaskManagers, slots and jobs, as the JobManager sees them now. */
  overview(): Promise<ClusterOverview> {
    return this.#composed.gateway.requestClusterOverview()
  }

  /** Resolves when no job holds a slot any more: a moment after the last one ended. */
  async untilIdle(): Promise<void> {
    for (;;) {
      const { freeSlotCount, slotCount } = await Promise.race([
        this.overview(),
        this.#composed.failed,
      ])
      if (freeSlotCount === slotCount) return
      await new Promise<void>((resolve) => {
        this.#clock.setTimer(pollMs, resolve)
      })
    }
  }

  /** Ends everything; jobs that still run are given up. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#taskManagers].map((taskManager) => taskManager.close()))
    await this.#composed.close()
  }
}

function programOf(
  module: string | URL,
  { args = {}, parallelism, configuration = {}, fromSavepoint }: RunOptions,
): ProgramRequest {
  const config = {
    ...configuration,
    ...(parallelism === undefined ? {} : { 'parallelism.default': String(parallelism) }),
    ...(fromSavepoint === undefined ? {} : { 'execution.state-recovery.path': fromSavepoint }),
  }
  return { module, args, config }
}
