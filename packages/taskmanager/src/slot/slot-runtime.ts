import type { JobDefinition } from '@millrace/api'
import {
  type CheckpointCommand,
  type CheckpointStorage,
  type Clock,
  type DataListener,
  type DataTransport,
  type ErrorInfo,
  type ExecutionAttemptId,
  errorInfo,
  type FileSystem,
  isTerminal,
  type JobInformation,
  type KeyGroupRange,
  type LevelDbOptions,
  MillraceError,
  type Random,
  type SlotCommand,
  type SlotEvent,
  type SlotOptions,
  supervise,
  type TaskDeployment,
  type TaskExecutionState,
  type ThreadPort,
  type Timer,
  unreachable,
} from '@millrace/core'
import { BackedUpCheckpointStorage, type KeyedStateBackend, LocalBackup } from '@millrace/state'
import { PartitionRequestClient } from '../network/connection/partition-request-client.ts'
import { PartitionRequestServer } from '../network/connection/partition-request-server.ts'
import { FramePool } from '../network/frame-pool.ts'
import { PartitionRegistry } from '../network/partition-registry.ts'
import { Mailbox } from '../task/mailbox.ts'
import { StreamTask } from '../task/stream-task.ts'
import type { TaskServices } from '../task/task-services.ts'
import { ProcessingTimeService } from '../task/time/processing-time-service.ts'
import { BuiltJobs } from './built-jobs.ts'
import { SlotLogger } from './slot-logger.ts'

/** What a slot needs of the world. */
export interface SlotEnvironment {
  readonly clock: Clock
  readonly random: Random
  readonly transport: DataTransport
  readonly port: ThreadPort<SlotCommand, SlotEvent>
  /** Imports a bundle and gives its default export. */
  readonly loadJob: (moduleUrl: string) => Promise<JobDefinition>
  /** The checkpoint storage in a job's directory. */
  readonly checkpointStorage: (directory: string) => CheckpointStorage
  /** The disk of this machine, for copies of state. */
  readonly fileSystem: FileSystem
  /** An empty backend whose database has this name, which no other ever has. */
  readonly openLevelDb: (
    name: string,
    keyGroups: KeyGroupRange,
    options: LevelDbOptions & { readonly isCheckpointed: boolean },
  ) => Promise<KeyedStateBackend>
}

interface PreparedJob {
  readonly information: JobInformation
  readonly graphs: BuiltJobs
  /** undefined: it takes no checkpoints. */
  readonly checkpointStorage: CheckpointStorage | undefined
}

/** Frames that wait idle for their next use. */
const idleFramesMax = 1024
/** What a frame may be longer than its record. */
const frameOverheadBytes = 1024 * 1024

/** Everything one slot thread does: its data port, its mailbox, and the tasks of one job. */
export class SlotRuntime {
  readonly #environment: SlotEnvironment
  readonly #options: SlotOptions
  readonly #logger: SlotLogger
  readonly #pool: FramePool
  readonly #mailbox: Mailbox
  readonly #processingTime: ProcessingTimeService
  readonly #registry: PartitionRegistry
  readonly #server: PartitionRequestServer
  readonly #client: PartitionRequestClient
  readonly #tasks = new Map<ExecutionAttemptId, StreamTask>()
  readonly #snapshotWrites = { underWay: 0 }
  #listener: DataListener | undefined
  #job: PreparedJob | undefined
  #metricsTimer: Timer | undefined

  constructor(environment: SlotEnvironment, options: SlotOptions) {
    const { clock, transport, port } = environment
    this.#environment = environment
    this.#options = options
    this.#logger = new SlotLogger((event) => port.post(event))
    this.#pool = new FramePool(options.frameSizeBytes, idleFramesMax)
    this.#mailbox = new Mailbox(clock, options.bufferTimeoutMs, (error) =>
      this.#failTasks(errorInfo(error)),
    )
    const wake = (): void => this.#mailbox.wake()
    this.#processingTime = new ProcessingTimeService(clock, wake)
    this.#registry = new PartitionRegistry(clock, options.partitionRequestTimeoutMs)
    this.#server = new PartitionRequestServer(this.#registry, wake)
    const frameBytesMax =
      Math.max(options.frameSizeBytes, options.recordSizeMaxBytes) + frameOverheadBytes
    this.#client = new PartitionRequestClient(transport, this.#pool, frameBytesMax, wake)
  }

  /** Opens the data port and says 'ready'. Rejects where the port cannot be opened. */
  async start(): Promise<void> {
    const { transport, port } = this.#environment
    this.#listener = await transport.listen((connection) => this.#server.accept(connection))
    port.onMessage((command) => this.#onCommand(command))
    port.post({ kind: 'ready', dataAddress: this.#listener.address })
    this.#scheduleMetrics()
  }

  /**
   * Fails every task, for an error that belongs to none of them: user code's, out of a callback.
   */
  failAll(error: unknown): void {
    this.#failTasks(asUserFailure(error))
  }

  #failTasks(failure: ErrorInfo): void {
    this.#logger.error('uncaught error in the slot', {
      error: failure.message,
      stack: failure.stack,
    })
    for (const task of this.#tasks.values()) task.fail(failure)
  }

  /** Tasks that have not ended. */
  get taskCount(): number {
    return this.#tasks.size
  }

  /** What is held: zero everywhere once all tasks of all slots are over. */
  get held(): {
    readonly frames: number
    readonly partitions: number
    readonly waiting: number
    readonly dialed: number
    /** Snapshots that are being written. */
    readonly writing: number
  } {
    return {
      frames: this.#pool.outCount,
      partitions: this.#registry.size,
      waiting: this.#registry.waitingCount,
      dialed: this.#client.connectionCount,
      writing: this.#snapshotWrites.underWay,
    }
  }

  /** Ends everything at once; tasks are not closed. */
  close(): void {
    this.#metricsTimer?.cancel()
    this.#processingTime.close()
    this.#mailbox.close()
    this.#client.close()
    this.#server.close()
    this.#registry.close()
    this.#listener?.close()
  }

  #onCommand(command: SlotCommand): void {
    switch (command.kind) {
      case 'prepare':
        this.#prepare(command.job, command.moduleUrl)
        return
      case 'submit-task':
        this.#submit(command.deployment)
        return
      case 'cancel-task':
        this.#tasks.get(command.attemptId)?.cancel()
        return
      case 'operator-event':
        this.#tasks.get(command.attemptId)?.handleOperatorEvent(command.operatorId, command.event)
        return
      case 'trigger-checkpoint':
      case 'notify-checkpoint-complete':
      case 'notify-checkpoint-aborted':
      case 'drain-sources':
        this.#onCheckpointCommand(command)
        return
      default:
        unreachable(command)
    }
  }

  #onCheckpointCommand(command: CheckpointCommand): void {
    for (const attemptId of command.attemptIds) {
      const task = this.#tasks.get(attemptId)
      if (task !== undefined) tellTask(task, command)
    }
  }

  #prepare(information: JobInformation, moduleUrl: string): void {
    const { loadJob, port } = this.#environment
    const earlier = this.#job?.information.jobId === information.jobId ? this.#job : undefined
    if (earlier?.information.graphHash === information.graphHash) return
    // Of another graph: the module is imported already, and attempts of the one before go on.
    const graphs = new BuiltJobs(loadJob(moduleUrl), information)
    const checkpointStorage = earlier?.checkpointStorage ?? this.#storageOf(information)
    this.#job = { information, graphs, checkpointStorage }
    supervise(graphs.prepared, (error) => {
      const failure = errorInfo(error, 'JOB_MODULE_THREW')
      port.post({ kind: 'prepare-failed', failure })
    })
  }

  #storageOf({ jobId, state }: JobInformation): CheckpointStorage | undefined {
    const { checkpointing } = state
    if (checkpointing === undefined) return undefined
    const { checkpointStorage, fileSystem, clock } = this.#environment
    const durable = checkpointStorage(checkpointing.directory)
    if (!checkpointing.isBackedUpLocally) return durable
    const directory = `${this.#options.localBackupDirectory}/${jobId}`
    const logger = this.#logger.child({ jobId })
    return new BackedUpCheckpointStorage(
      durable,
      new LocalBackup(fileSystem, clock, logger, directory),
    )
  }

  #submit(deployment: TaskDeployment): void {
    const job = this.#job
    if (job === undefined || job.information.jobId !== deployment.jobId) {
      this.#refuse(deployment, `job ${deployment.jobId} was not prepared in this slot`)
      return
    }
    if (this.#tasks.has(deployment.attemptId)) {
      this.#logger.warn('task submitted twice', { attemptId: deployment.attemptId })
      return
    }
    const task = new StreamTask(deployment, this.#services(job))
    this.#tasks.set(deployment.attemptId, task)
    task.start()
  }

  #refuse(deployment: TaskDeployment, why: string): void {
    const { jobId, attemptId } = deployment
    const error = new MillraceError(
      'TASK_DEPLOYMENT_FAILED',
      `Attempt ${attemptId} cannot run here: ${why}.`,
      { disposition: 'retry' },
    )
    const state = { jobId, attemptId, state: 'FAILED', failure: errorInfo(error) } as const
    this.#environment.port.post({
      kind: 'task-execution-state',
      state: { ...state, channelCounts: [] },
    })
  }

  #services(job: PreparedJob): TaskServices {
    const { clock, random, port } = this.#environment
    return {
      clock,
      random,
      logger: this.#logger,
      options: this.#options,
      job: job.information,
      mailbox: this.#mailbox,
      processingTime: this.#processingTime,
      pool: this.#pool,
      registry: this.#registry,
      client: this.#client,
      address: this.#listener?.address ?? '',
      creditsPerChannel: this.#options.creditsPerChannel,
      buildGraph: (vertexId) => job.graphs.take(vertexId),
      checkpointStorage: job.checkpointStorage,
      snapshotWrites: this.#snapshotWrites,
      openLevelDb: this.#environment.openLevelDb,
      report: (state) => this.#report(state),
      reportCheckpoint: (report) => port.post(report),
      sendOperatorEvent: ({ attemptId, vertexId, subtaskIndex }, operatorId, event) => {
        port.post({ kind: 'operator-event', attemptId, vertexId, subtaskIndex, operatorId, event })
      },
      onEnded: (task) => this.#tasks.delete(task.deployment.attemptId),
    }
  }

  /** A task's last numbers come before its end: afterwards nobody would take them. */
  #report(state: TaskExecutionState): void {
    const { port } = this.#environment
    const task = isTerminal(state.state) ? this.#tasks.get(state.attemptId) : undefined
    if (task !== undefined) port.post({ kind: 'metrics-report', tasks: [task.metrics()] })
    port.post({ kind: 'task-execution-state', state })
  }

  #scheduleMetrics(): void {
    this.#metricsTimer = this.#environment.clock.setTimer(this.#options.metricsIntervalMs, () => {
      if (this.#tasks.size > 0) {
        this.#mailbox.account()
        const tasks = [...this.#tasks.values()].map((task) => task.metrics())
        this.#environment.port.post({ kind: 'metrics-report', tasks })
      }
      this.#scheduleMetrics()
    })
  }
}

/**
 * What comes out of a callback or a promise that nobody awaited is the user's, unless it is ours.
 */
function asUserFailure(error: unknown): ErrorInfo {
  const info = errorInfo(error, 'USER_FUNCTION_FAILED')
  if (error instanceof MillraceError) return info
  return {
    ...info,
    message:
      `Code of the job failed outside of a record's processing: ${info.message}. Catch errors of` +
      ' timers, event handlers and promises, and clear them in close().',
  }
}

function tellTask(task: StreamTask, command: CheckpointCommand): void {
  switch (command.kind) {
    case 'trigger-checkpoint':
      task.triggerCheckpoint(command.checkpointId, command.purpose, command.timestampMs)
      return
    case 'notify-checkpoint-complete':
      task.notifyCheckpointComplete(command.checkpointId)
      return
    case 'notify-checkpoint-aborted':
      task.notifyCheckpointAborted(command.checkpointId)
      return
    case 'drain-sources':
      task.drain()
      return
    default:
      unreachable(command)
  }
}
