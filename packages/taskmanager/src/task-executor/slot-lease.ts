import {
  type AllocationId,
  type CheckpointCommand,
  type Clock,
  type ErrorInfo,
  type ExecutionAttemptId,
  errorInfo,
  isTerminal,
  type JobInformation,
  type Logger,
  type SlotCommand,
  type SlotEvent,
  supervise,
  type TaskDeployment,
  type TaskExecutionState,
  type TaskManagerMessage,
  type TaskMetrics,
  type ThreadExit,
  type Timer,
  unreachable,
} from '@millrace/core'
import { cancellationTimeoutFailure, threadExitFailure } from './slot-failure.ts'
import { forwardLog, type SlotThread } from './slot-thread.ts'

// One lease of a slot: a job's use of one thread, from allocate-slot to the thread's exit.
//
// Invariants
//  - The thread gets 'prepare' before any task, and commands in the order they came. It gets
//    another one where the job's graph changes, before the tasks of that graph.
//  - Every task that was submitted gets exactly one terminal report, unless the lease is abandoned.
//  - A task is reported CANCELED or FAILED for its thread only once that thread has exited.

/** 'exited': the thread ended by itself. 'abandoned': nobody is left to be told. */
type EndReason = 'released' | 'cancellation-timeout' | 'exited' | 'abandoned'

interface LeasedTask {
  readonly deployment: TaskDeployment
  isCanceling: boolean
  cancellationTimer: Timer | undefined
}

export interface SlotLeaseRequest {
  readonly slotIndex: number
  readonly allocationId: AllocationId
  /** As it was at first: see `updateJob`. */
  readonly job: JobInformation
}

export interface SlotLeaseOptions {
  readonly heapLimitBytes: number
  readonly cancellationTimeoutMs: number
}

/** What a lease needs of the TaskExecutor. */
export interface SlotLeaseContext {
  /** URL of the job's bundle, once it is on this machine. */
  prepareBundle(job: JobInformation): Promise<string>
  /** To the JobManager, if there is one. */
  send(message: TaskManagerMessage): void
}

export class SlotLease {
  readonly request: SlotLeaseRequest
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #context: SlotLeaseContext
  readonly #thread: SlotThread
  readonly #options: SlotLeaseOptions
  readonly #tasks = new Map<ExecutionAttemptId, LeasedTask>()
  /** Commands that wait for the bundle. */
  #waiting: SlotCommand[] = []
  #bundle: 'missing' | 'fetching' | 'prepared' = 'missing'
  #job: JobInformation
  /** Once the bundle is prepared. */
  #moduleUrl = ''
  #endReason: EndReason | undefined
  #culprit: ExecutionAttemptId | undefined

  constructor(
    clock: Clock,
    logger: Logger,
    context: SlotLeaseContext,
    thread: SlotThread,
    request: SlotLeaseRequest,
    options: SlotLeaseOptions,
  ) {
    this.#clock = clock
    this.#logger = logger
    this.#context = context
    this.#thread = thread
    this.request = request
    this.#job = request.job
    this.#options = options
  }

  get taskCount(): number {
    return this.#tasks.size
  }

  hasTask(attemptId: ExecutionAttemptId): boolean {
    return this.#tasks.has(attemptId)
  }

  /**
   * Gets the bundle and has the thread import it. A failure is that of the tasks that wait for it.
   */
  prepare(): void {
    if (this.#bundle !== 'missing' || this.#endReason !== undefined) return
    this.#bundle = 'fetching'
    supervise(this.#prepare(), (error) => this.#onBundleMissing(errorInfo(error)))
  }

  /**
   * The job is another one from now on: its graph is, its bundle is not. Tasks that are submitted
   * later are of that graph; the thread and the imported module stay.
   */
  updateJob(job: JobInformation): void {
    if (job.graphHash === this.#job.graphHash) return
    this.#job = job
    if (this.#bundle !== 'prepared' || this.#endReason !== undefined) return
    this.#thread.post({ kind: 'prepare', job, moduleUrl: this.#moduleUrl })
  }

  submit(deployment: TaskDeployment): void {
    const { attemptId } = deployment
    if (this.#tasks.has(attemptId)) {
      this.#logger.warn('task submitted twice', { attemptId })
      return
    }
    this.#tasks.set(attemptId, { deployment, isCanceling: false, cancellationTimer: undefined })
    this.#command({ kind: 'submit-task', deployment })
    this.prepare()
  }

  /** Ends the task; a thread that does not answer within the time-out ends with all its tasks. */
  cancel(attemptId: ExecutionAttemptId): void {
    const task = this.#tasks.get(attemptId)
    if (task === undefined || task.isCanceling) return
    task.isCanceling = true
    if (this.#bundle !== 'prepared') {
      this.#waiting = this.#waiting.filter((command) => attemptOf(command) !== attemptId)
      this.#end(task, 'CANCELED')
      return
    }
    this.#thread.post({ kind: 'cancel-task', attemptId })
    const timeoutMs = this.#options.cancellationTimeoutMs
    const { slotIndex } = this.request
    task.cancellationTimer = this.#clock.setTimer(timeoutMs, () => {
      const { code, message } = cancellationTimeoutFailure(slotIndex, attemptId, timeoutMs)
      this.#logger.warn('task did not answer a cancel', { code, message, attemptId })
      this.#culprit = attemptId
      this.#terminate('cancellation-timeout')
    })
  }

  cancelAll(): void {
    for (const attemptId of [...this.#tasks.keys()]) this.cancel(attemptId)
  }

  sendOperatorEvent(command: Extract<SlotCommand, { kind: 'operator-event' }>): void {
    this.#command(command)
  }

  /** To those of its tasks that are in this slot. */
  sendCheckpointCommand(command: CheckpointCommand): void {
    const attemptIds = command.attemptIds.filter((attemptId) => this.#tasks.has(attemptId))
    if (attemptIds.length > 0) this.#command({ ...command, attemptIds })
  }

  onSlotEvent(event: Exclude<SlotEvent, { readonly kind: 'ready' }>): void {
    if (this.#endReason === 'abandoned') return
    switch (event.kind) {
      case 'task-execution-state':
        this.#onTaskExecutionState(event.state)
        break
      case 'metrics-report':
        this.#onMetricsReport(event.tasks)
        break
      case 'operator-event':
        if (!this.#tasks.has(event.attemptId)) break
        this.#context.send({ ...event, jobId: this.request.job.jobId })
        break
      case 'acknowledge-checkpoint':
      case 'decline-checkpoint':
      case 'checkpoint-phase':
      case 'end-of-data-reached':
        if (this.#tasks.has(event.attemptId)) this.#context.send(event)
        break
      case 'prepare-failed':
        this.#logger.warn('bundle could not be prepared', { failure: event.failure })
        break
      case 'log':
        forwardLog(this.#logger, event)
        break
      default:
        unreachable(event)
    }
  }

  /** The JobManager ended the lease: what still runs is CANCELED when the thread has exited. */
  release(): void {
    this.#terminate('released')
  }

  /** The session is over: nobody is to be told anything. */
  abandon(): void {
    this.#terminate('abandoned')
  }

  /** The thread is gone: every task that is left has its terminal report now. */
  onThreadExit(exit: ThreadExit): void {
    const { slotIndex, job } = this.request
    const left = [...this.#tasks.values()]
    if (this.#endReason === undefined) {
      const { reason, exitCode, error } = exit
      this.#logger.warn('slot thread ended', { reason, exitCode, error, taskCount: left.length })
    }
    const { heapLimitBytes } = this.#options
    const slot = { slotIndex, heapLimitBytes, jobName: job.jobName, taskCount: left.length }
    // A thread that ended by itself may have been the cause of the cancellation, and says why.
    const isOwnEnd = this.#endReason === undefined || exit.reason === 'out-of-memory'
    const failure =
      this.#culprit === undefined || isOwnEnd
        ? threadExitFailure(slot, exit)
        : cancellationTimeoutFailure(slotIndex, this.#culprit, this.#options.cancellationTimeoutMs)
    this.#endReason ??= 'exited'
    const isCanceled = this.#endReason === 'released'
    for (const task of left) {
      if (isCanceled || (task.isCanceling && !isOwnEnd)) this.#end(task, 'CANCELED')
      else this.#end(task, 'FAILED', failure)
    }
  }

  async #prepare(): Promise<void> {
    const moduleUrl = await this.#context.prepareBundle(this.#job)
    if (this.#endReason !== undefined) return
    this.#bundle = 'prepared'
    this.#moduleUrl = moduleUrl
    this.#thread.post({ kind: 'prepare', job: this.#job, moduleUrl })
    for (const command of this.#waiting) this.#thread.post(command)
    this.#waiting = []
  }

  #onBundleMissing(failure: ErrorInfo): void {
    this.#bundle = 'missing'
    this.#waiting = []
    this.#logger.warn('bundle is missing', { failure })
    if (this.#endReason !== undefined) return
    for (const task of [...this.#tasks.values()]) this.#end(task, 'FAILED', failure)
  }

  #command(command: SlotCommand): void {
    if (this.#bundle === 'prepared') this.#thread.post(command)
    else this.#waiting.push(command)
  }

  #onTaskExecutionState(state: TaskExecutionState): void {
    const task = this.#tasks.get(state.attemptId)
    if (task === undefined) {
      this.#logger.debug('state of an unknown task ignored', { ...state })
      return
    }
    if (!isTerminal(state.state)) {
      this.#context.send({ kind: 'task-execution-state', state })
      return
    }
    this.#forget(task)
    const slotEnded = this.#isOver
    this.#context.send({ kind: 'task-execution-state', state: { ...state, slotEnded } })
  }

  #onMetricsReport(reported: readonly TaskMetrics[]): void {
    const tasks = reported.filter(({ attemptId }) => this.#tasks.has(attemptId))
    if (tasks.length > 0) this.#context.send({ kind: 'metrics-report', tasks })
  }

  #end(task: LeasedTask, state: 'CANCELED' | 'FAILED', failure?: ErrorInfo): void {
    const { jobId, attemptId } = task.deployment
    this.#forget(task)
    if (this.#endReason === 'abandoned') return
    this.#context.send({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts: [], slotEnded: this.#isOver },
    })
  }

  /** The thread takes no more tasks: it has ended or is being ended. */
  get #isOver(): boolean {
    return this.#endReason !== undefined
  }

  #forget(task: LeasedTask): void {
    task.cancellationTimer?.cancel()
    this.#tasks.delete(task.deployment.attemptId)
  }

  #terminate(reason: EndReason): void {
    if (this.#endReason === 'abandoned') return
    this.#endReason = reason
    for (const task of this.#tasks.values()) task.cancellationTimer?.cancel()
    this.#thread.terminate()
  }
}

function attemptOf(command: SlotCommand): ExecutionAttemptId | undefined {
  switch (command.kind) {
    case 'submit-task':
      return command.deployment.attemptId
    case 'cancel-task':
    case 'operator-event':
      return command.attemptId
    case 'prepare':
    case 'trigger-checkpoint':
    case 'notify-checkpoint-complete':
    case 'notify-checkpoint-aborted':
    case 'drain-sources':
      return undefined
  }
}
