import {
  type AllocationId,
  assert,
  type CheckpointReport,
  type CollectedResults,
  type CoordinatorState,
  type ErrorInfo,
  errorFromInfo,
  errorInfo,
  isGloballyTerminal,
  type JobCheckpointing,
  type JobHostEvent,
  type JobId,
  type JobInformation,
  type JobStateOptions,
  type JobStatus,
  type Logger,
  type MillraceError,
  type SavepointId,
  supervise,
  type TaskExecutionState,
  type TaskManagerMessage,
  type TaskMetrics,
  type Timer,
} from '@millrace/core'
import {
  type CheckpointRetention,
  type Configuration,
  checkpointingRetention,
  checkpointingSavepointDirectory,
  parallelismMin,
  parallelismOverride,
} from '@millrace/core/config'
import type {
  CheckpointStatistics,
  JobDetails,
  JobOverview,
  RescaleAnswer,
  ResultRequest,
  SavepointDetails,
  SavepointRequest,
} from '@millrace/rpc'
import { jobStateOptions } from '../checkpoint/checkpoint-options.ts'
import { CheckpointExecutor } from '../checkpoint/executor/checkpoint-executor.ts'
import {
  type JobCheckpointLog,
  noCheckpointLog,
  noCheckpoints,
  type RestoredCheckpoints,
} from '../checkpoint/executor/job-checkpoint-log.ts'
import { probeCheckpointStorage } from '../checkpoint/executor/probe-checkpoint-storage.ts'
import { takeOverCheckpoints } from '../checkpoint/executor/take-over-checkpoints.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { JobManagerEnvironment, JobManagerOptions } from '../job-manager-options.ts'
import type { AllocatedSlot } from '../resource-manager/allocated-slot.ts'
import type { SlotOwner, SlotProvider } from '../resource-manager/slot-provider.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { JobSchedulerEvent } from '../scheduler/job-scheduler-event.ts'
import type { RescaleProgress } from '../scheduler/rescale/rescale-progress.ts'
import { createJobScheduler } from './create-job-scheduler.ts'
import { type JobRuntime, jobDetails, jobOverview } from './job-details.ts'
import { type BuiltGraph, JobHost } from './job-host.ts'
import { buildCanceled } from './job-host-errors.ts'
import { type JobMasterRequest, jobConfiguration } from './job-master-request.ts'
import { JobRescaler } from './job-rescaler.ts'
import { JobSavepoints, notInThisStatus as noSavepointIn } from './job-savepoints.ts'
import { notInThisStatus } from './rescale-refusal.ts'
import { hasCollectSink, pollResults } from './result-poll.ts'
import { SchedulerRunner } from './scheduler-runner.ts'

/**
 * Runs one job from submission to its end: executes what the JobScheduler decides, by messages to
 * TaskManagers, the job host's thread and timers, and tells it what came of it.
 *
 * Order of calls: `start` once; the rest any time after. `close` ends the job host.
 */
export class JobMaster implements SlotOwner {
  readonly #environment: JobManagerEnvironment
  readonly #options: JobManagerOptions
  readonly #slotProvider: SlotProvider
  readonly #request: JobMasterRequest
  readonly #logger: Logger
  readonly #jobHost: JobHost
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers()
  readonly #startedAtMs: number
  readonly #metrics = new Map<ExecutionVertex, TaskMetrics>()
  #endedAtMs = 0
  /** Until there is a scheduler, and for a job that never had one. */
  #statusBeforeCreated: 'INITIALIZING' | 'FAILED' | 'CANCELED' = 'INITIALIZING'
  #jobHostFailure: MillraceError | undefined
  #jobInformation: JobInformation | undefined
  /** Once the graph is built. */
  #runner: SchedulerRunner | undefined
  /** Set with the runner. */
  #rescaler: JobRescaler | undefined
  #savepoints: JobSavepoints | undefined
  /** Set iff the job takes checkpoints. */
  #checkpoints: CheckpointExecutor | undefined
  #retention: CheckpointRetention = 'DELETE_ON_CANCELLATION'
  #retentionTimer: Timer | undefined
  #keepsResults = false

  constructor(
    environment: JobManagerEnvironment,
    options: JobManagerOptions,
    slotProvider: SlotProvider,
    request: JobMasterRequest,
  ) {
    this.#environment = environment
    this.#options = options
    this.#slotProvider = slotProvider
    this.#request = request
    this.#startedAtMs = environment.clock.now()
    const { jobId } = request
    this.#logger = environment.logger.child({ jobId })
    const { jobHostHeapLimitBytes: heapLimitBytes, jobHostBuildTimeoutMs: buildTimeoutMs } = options
    this.#jobHost = new JobHost(
      environment.clock,
      environment.threadHost,
      { heapLimitBytes, buildTimeoutMs },
      {
        onOperatorEvent: (event) => this.#runner?.run(() => this.#sendToReader(event)),
        onCoordinatorsSnapshotted: ({ checkpointId, states }) => {
          const coordinators = states.map(({ operatorId, bytes }): CoordinatorState => {
            return { operatorId, blob: { kind: 'inline', bytes } }
          })
          this.#handle({ kind: 'coordinators-snapshotted', checkpointId, coordinators })
        },
        onCoordinatorFailed: ({ operatorId, failure }) =>
          this.#handle({ kind: 'coordinator-failed', operatorId, failure }),
        onLog: ({ level, event, fields }) =>
          this.#logger[level === 'trace' ? 'debug' : level](event, fields),
        onLost: (failure) => this.#onJobHostLost(failure),
      },
    )
  }

  get jobId(): JobId {
    return this.#request.jobId
  }

  get status(): JobStatus {
    return this.#scheduler?.status ?? this.#statusBeforeCreated
  }

  get jobInformation(): JobInformation {
    assert(this.#jobInformation !== undefined, 'A job is described once its graph is built')
    return this.#jobInformation
  }

  /** Resolves when the job is FINISHED, FAILED or CANCELED. Never rejects. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Builds the graph and asks for slots. Rejects with what is wrong with the program. */
  async start(): Promise<void> {
    try {
      const { moduleUrl, args } = this.#request
      const built = await this.#jobHost.buildGraph({
        moduleUrl,
        args,
        config: this.#configuration({}, this.#request.parallelism).toRecord(),
      })
      const configuration = this.#configuration(built.graph.config, this.#request.parallelism)
      const state = jobStateOptions(this.jobId, configuration)
      const restored = await this.#openCheckpoints(state.checkpointing)
      // The host may have ended, or the job been canceled, between the answer and now.
      if (!this.#jobHost.isOpen) throw this.#jobHostFailure ?? buildCanceled()
      this.#runner = this.#createRunner(built, configuration, state, restored)
      const { name, vertices } = built.graph
      this.#logger.info('job created', { jobName: name, vertices: vertices.length })
    } catch (error) {
      if (this.#statusBeforeCreated !== 'CANCELED') this.#statusBeforeCreated = 'FAILED'
      this.#jobHost.terminate()
      this.#onEnded()
      throw error
    }
    this.#slotProvider.registerJob(this)
    this.#handle({ kind: 'start' })
  }

  /** Begins to cancel the job; one that is ending or over is left as it is. */
  cancel(): void {
    if (this.#scheduler !== undefined) {
      this.#handle({ kind: 'cancel-requested' })
    } else if (this.#statusBeforeCreated === 'INITIALIZING') {
      this.#statusBeforeCreated = 'CANCELED'
      this.#jobHost.terminate()
    }
  }

  /** See DispatcherGateway.triggerSavepoint. */
  async beginSavepoint(request: SavepointRequest): Promise<SavepointId> {
    if (this.#savepoints === undefined) throw noSavepointIn(this.jobId, this.status)
    return this.#savepoints.begin(request)
  }

  savepoints(): readonly SavepointDetails[] {
    return this.#savepoints?.all() ?? []
  }

  /** See DispatcherGateway.rescaleJob. */
  async rescale(parallelism: number): Promise<RescaleAnswer> {
    if (this.#rescaler === undefined) throw notInThisStatus(this.jobId, this.status)
    return this.#rescaler.request(parallelism)
  }

  overview(): JobOverview {
    return jobOverview(this.#runtime())
  }

  /** undefined until the graph is built. */
  details(): JobDetails | undefined {
    return this.#scheduler === undefined ? undefined : jobDetails(this.#runtime(), this.#scheduler)
  }

  /** Takes what a collect sink has, waiting for some as long as asked. */
  async fetchResults(request: ResultRequest): Promise<CollectedResults> {
    try {
      return await pollResults(this.#environment.clock, this.#jobHost, request)
    } catch (error) {
      const failure = this.#scheduler?.failure
      if (this.#jobHost.isOpen || failure === undefined) throw error
      throw errorFromInfo(failure)
    } finally {
      if (isGloballyTerminal(this.status)) this.#keepResults()
    }
  }

  /** Ends the job host at once; the job is expected to be over. */
  close(): void {
    this.#retentionTimer?.cancel()
    this.#checkpoints?.close()
    this.#jobHost.terminate()
  }

  onSlotOffered(slot: AllocatedSlot): void {
    this.#handle({ kind: 'slot-offered', slot })
  }

  onSlotsLost(allocationIds: readonly AllocationId[], failure: ErrorInfo): void {
    this.#handle({ kind: 'slots-lost', allocationIds, failure })
  }

  onTaskExecutionState(state: TaskExecutionState): void {
    this.#handle({ kind: 'task-execution-state', state })
  }

  onMetricsReport(tasks: readonly TaskMetrics[]): void {
    for (const metrics of tasks) {
      const vertex = this.#scheduler?.executionGraph.vertexOfAttempt(metrics.attemptId)
      if (vertex !== undefined) this.#metrics.set(vertex, metrics)
    }
  }

  onOperatorEvent(message: Extract<TaskManagerMessage, { kind: 'operator-event' }>): void {
    const { operatorId, subtaskIndex, attemptId, event } = message
    const vertex = this.#scheduler?.executionGraph.vertexOfAttempt(attemptId)
    // An attempt that is over or replaced has nothing to say any more.
    if (vertex?.execution.isDeployed !== true) return
    this.#jobHost.post({ kind: 'operator-event', operatorId, subtaskIndex, attemptId, event })
  }

  onCheckpointReport(report: CheckpointReport): void {
    this.#handle({ kind: 'checkpoint-report', report })
  }

  #sendToReader(message: Extract<JobHostEvent, { kind: 'operator-event' }>): void {
    const { attemptId, operatorId, event } = message
    const execution = this.#scheduler?.executionGraph.vertexOfAttempt(attemptId)?.execution
    if (execution?.slot === undefined || !execution.isDeployed) return
    if (this.#savepoints?.mayTell(operatorId) === false) return
    this.#slotProvider
      .taskExecutor(execution.slot.taskManagerId)
      ?.sendOperatorEvent({ attemptId, operatorId, event })
  }

  #onJobHostLost(failure: MillraceError): void {
    this.#jobHostFailure = failure
    this.#logger.error('job host lost', { error: failure })
    if (this.#scheduler !== undefined) {
      this.#handle({ kind: 'job-failed', failure: errorInfo(failure) })
    }
  }

  get #scheduler(): JobScheduler | undefined {
    return this.#runner?.scheduler
  }

  /** What the job goes on from. */
  async #openCheckpoints(
    checkpointing: JobCheckpointing | undefined,
  ): Promise<RestoredCheckpoints> {
    const { restored } = this.#request
    if (checkpointing === undefined) return restored ?? noCheckpoints
    const { directory } = checkpointing
    const storage = this.#environment.checkpointStorage(directory)
    if (restored === undefined) {
      await probeCheckpointStorage(storage, this.#request.checkpointLog !== undefined)
      return noCheckpoints
    }
    const world = { storage, log: this.#checkpointLog(directory), logger: this.#logger }
    return takeOverCheckpoints(world, restored)
  }

  #checkpointLog(directory: string): JobCheckpointLog {
    const job = {
      restartCount: () => this.#restartCount,
      parallelismAt: (checkpointId: number) => {
        const { parallelism } = this.#request
        return this.#rescaler === undefined
          ? parallelism
          : this.#rescaler.parallelismAt(checkpointId)
      },
    }
    return this.#request.checkpointLog?.(directory, job) ?? noCheckpointLog
  }

  #createRunner(
    built: BuiltGraph,
    configuration: Configuration,
    state: JobStateOptions,
    restored: RestoredCheckpoints,
  ): SchedulerRunner {
    const { graph } = built
    const { jobId, bundle, args } = this.#request
    for (const notice of configuration.notices) this.#logger.warn('configuration', { notice })
    const config = configuration.toRecord()
    const { name: jobName, hash: graphHash } = graph
    this.#jobInformation = { jobId, jobName, bundle, args, config, graphHash, state }
    this.#keepsResults = hasCollectSink(built)
    const { clock, random } = this.#environment
    const scheduler = createJobScheduler(jobId, built, configuration, restored, random)
    const { checkpointing } = state
    this.#checkpoints =
      checkpointing === undefined ? undefined : this.#createExecutor(jobName, checkpointing)
    this.#retention = configuration.get(checkpointingRetention)
    this.#rescaler = new JobRescaler(
      {
        jobId,
        logger: this.#logger,
        random,
        now: () => clock.now(),
        jobHost: this.#jobHost,
        scheduler,
        handle: (event) => this.#handle(event),
        configuration: (parallelism) => this.#configuration({}, parallelism).toRecord(),
      },
      { parallelism: this.#request.parallelism, min: configuration.get(parallelismMin) },
    )
    this.#savepoints = new JobSavepoints({
      jobId,
      random,
      scheduler,
      checkpoints: this.#checkpoints,
      defaultTarget: configuration.get(checkpointingSavepointDirectory),
      storageOf: (location) => this.#environment.checkpointStorage(location),
      handle: (event) => this.#handle(event),
    })
    return new SchedulerRunner(scheduler, {
      jobId,
      clock,
      logger: this.#logger,
      slotProvider: this.#slotProvider,
      jobHost: this.#jobHost,
      checkpoints: this.#checkpoints,
      onStatusChanged: (status) => this.#onStatusChanged(status),
      onRescaleChanged: (progress) => this.#onRescaleChanged(progress),
      onSlotsMissing: (failure, slotCount) => this.#rescaler?.onSlotsMissing(failure, slotCount),
    })
  }

  #createExecutor(jobName: string, { directory }: JobCheckpointing): CheckpointExecutor {
    return new CheckpointExecutor({
      jobId: this.jobId,
      jobName,
      clock: this.#environment.clock,
      logger: this.#logger,
      storage: this.#environment.checkpointStorage(directory),
      storageOf: (location) => this.#environment.checkpointStorage(location),
      log: this.#checkpointLog(directory),
      taskExecutor: (taskManagerId) => this.#slotProvider.taskExecutor(taskManagerId),
      jobHost: this.#jobHost,
      handle: (event) => this.#handle(event),
    })
  }

  /** `parallelism`: what the job is rescaled to. */
  #configuration(
    programConfig: Readonly<Record<string, string>>,
    parallelism: number | undefined,
  ): Configuration {
    const { clusterConfig } = this.#options
    const configuration = jobConfiguration(clusterConfig, programConfig, this.#request)
    if (parallelism === undefined) return configuration
    return configuration.withRecord({ [parallelismOverride.key]: String(parallelism) }, 'rescale')
  }

  /** Slots get to know the graph before its tasks: they build it while the others end. */
  #onRescaleChanged(progress: RescaleProgress): void {
    const next = this.#rescaler?.onChanged(progress)
    if (next === undefined || this.#jobInformation === undefined) return
    const { built, parallelism } = next
    const config = this.#configuration(built.graph.config, parallelism).toRecord()
    this.#jobInformation = { ...this.#jobInformation, config, graphHash: built.graph.hash }
    this.#slotProvider.updateJob(this.jobId)
    this.#metrics.clear()
  }

  #handle(event: JobSchedulerEvent): void {
    assert(this.#runner !== undefined, `'${event.kind}' comes after the graph is built`)
    this.#runner.handle(event)
  }

  #onStatusChanged(status: JobStatus): void {
    this.#logger.info('job status changed', { status })
    this.#rescaler?.onStatusChanged(status)
    if (!isGloballyTerminal(status)) return
    this.#slotProvider.removeJob(this.jobId)
    this.#jobHost.post({ kind: 'job-ended' })
    if (this.#keepsResults) this.#keepResults()
    else this.#jobHost.close()
    this.#onEnded()
  }

  #onEnded(): void {
    this.#runner?.close()
    this.#endedAtMs = this.#environment.clock.now()
    const coordinator = this.#scheduler?.checkpoints
    if (this.#checkpoints === undefined || coordinator === undefined) {
      this.#ended.resolve()
      return
    }
    const cleaned = this.#checkpoints.finish(this.status, this.#retention, coordinator)
    supervise(
      cleaned.then(() => this.#ended.resolve()),
      (error) => this.#logger.error('job clean-up failed', { error }),
    )
  }

  /** Keeps the job host, which holds results of collect sinks, for a while from now. */
  #keepResults(): void {
    this.#retentionTimer?.cancel()
    if (!this.#jobHost.isOpen) return
    this.#retentionTimer = this.#environment.clock.setTimer(this.#options.resultRetentionMs, () =>
      this.#jobHost.close(),
    )
  }

  #checkpointStatistics(): CheckpointStatistics | undefined {
    const coordinator = this.#scheduler?.checkpoints
    return coordinator === undefined ? undefined : this.#checkpoints?.statistics(coordinator)
  }

  /** Since it was submitted. */
  get #restartCount(): number {
    return (this.#request.formerRestartCount ?? 0) + (this.#scheduler?.restartCount ?? 0)
  }

  #runtime(): JobRuntime {
    return {
      jobId: this.jobId,
      status: this.status,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#endedAtMs,
      restartCount: this.#restartCount,
      scheduler: this.#scheduler,
      metrics: this.#metrics,
      failures: this.#runner?.failures ?? [],
      checkpoints: this.#checkpointStatistics(),
      rescale: this.#rescaler?.details,
      monotonicMs: this.#environment.clock.monotonicMs(),
    }
  }
}
