import {
  type AllocationId,
  assert,
  type Clock,
  errorInfo,
  type JobId,
  type Logger,
  MillraceError,
  type Random,
  type Session,
  type SessionHandler,
  type SessionId,
  type TaskExecutorMessage,
  type TaskManagerId,
  type TaskManagerMessage,
  type TaskManagerRegistration,
  type TaskMetrics,
  unreachable,
} from '@millrace/core'
import {
  type SessionServerHandler,
  TaskExecutorGateway,
  type TaskManagerOverview,
} from '@millrace/rpc'
import { LogRequests } from './log-requests.ts'
import { SlotManager } from './slot-manager.ts'
import type { SlotManagerCommand } from './slot-manager-command.ts'
import type { SlotOwner, SlotProvider, SlotRequirement, SlotSummary } from './slot-provider.ts'

interface RegisteredTaskManager {
  readonly registration: TaskManagerRegistration
  readonly session: Session<TaskExecutorMessage>
  readonly taskExecutor: TaskExecutorGateway
  readonly registeredAtMs: number
  readonly logger: Logger
  isSuspended: boolean
}

/**
 * Keeps the sessions of TaskManagers, leases their slots to jobs, and carries messages between a
 * JobMaster and the TaskManagers its tasks run on. What leaves it never re-enters the caller:
 * commands are executed one after the other, those that come up meanwhile after them.
 */
export class ResourceManager implements SlotProvider, SessionServerHandler {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #slotManager: SlotManager
  readonly #logRequests: LogRequests
  readonly #taskManagers = new Map<TaskManagerId, RegisteredTaskManager>()
  readonly #jobs = new Map<JobId, SlotOwner>()
  readonly #lastHeartbeatAgoMs: (sessionId: SessionId) => number | undefined
  readonly #queue: SlotManagerCommand[] = []
  #isExecuting = false
  #isAbandoned = false

  constructor(
    clock: Clock,
    random: Random,
    logger: Logger,
    lastHeartbeatAgoMs: (sessionId: SessionId) => number | undefined,
  ) {
    this.#clock = clock
    this.#lastHeartbeatAgoMs = lastHeartbeatAgoMs
    this.#logger = logger
    this.#slotManager = new SlotManager(random)
    this.#logRequests = new LogRequests(clock)
  }

  /** A TaskManager opened a session. One it had before is over, whatever became of it. */
  onTaskManagerRegistered(
    registration: TaskManagerRegistration,
    session: Session<TaskExecutorMessage>,
  ): SessionHandler<TaskManagerMessage> {
    const { taskManagerId, slotCount, dataHost, processId } = registration
    const former = this.#taskManagers.get(taskManagerId)
    if (former !== undefined) this.#onClosed(former, 'it registered anew')
    const taskManager: RegisteredTaskManager = {
      registration,
      session,
      taskExecutor: new TaskExecutorGateway(session),
      registeredAtMs: this.#clock.now(),
      logger: this.#logger.child({ taskManagerId }),
      isSuspended: false,
    }
    this.#taskManagers.set(taskManagerId, taskManager)
    this.#slotManager.registerTaskManager(taskManagerId)
    taskManager.logger.info('TaskManager registered', { slotCount, dataHost, processId })
    return {
      onMessage: (message) => this.#onMessage(taskManager, message),
      onSuspended: () => this.#onSuspended(taskManager),
      onResumed: () => this.#onResumed(taskManager),
      onClosed: (reason) => this.#onClosed(taskManager, reason),
    }
  }

  registerJob(owner: SlotOwner): void {
    this.#jobs.set(owner.jobInformation.jobId, owner)
    this.#slotManager.addJob(owner.jobInformation.jobId)
  }

  declareRequirement(jobId: JobId, requirement: SlotRequirement): void {
    this.#execute(this.#slotManager.declareRequirement(jobId, requirement))
  }

  updateJob(jobId: JobId): void {
    this.#execute(this.#slotManager.updateJob(jobId))
  }

  releaseSlot(allocationId: AllocationId): void {
    this.#execute(this.#slotManager.releaseSlot(allocationId))
  }

  terminateSlot(allocationId: AllocationId): void {
    this.#execute(this.#slotManager.terminateSlot(allocationId))
  }

  removeJob(jobId: JobId): void {
    if (!this.#jobs.has(jobId)) return
    this.#execute(this.#slotManager.removeJob(jobId))
  }

  taskExecutor(taskManagerId: TaskManagerId): TaskExecutorGateway | undefined {
    return this.#taskManagers.get(taskManagerId)?.taskExecutor
  }

  slotSummary(): SlotSummary {
    return this.#slotManager.summary()
  }

  /** In the order of their registration. */
  taskManagers(): readonly TaskManagerOverview[] {
    return [...this.#taskManagers.values()].map((each) => ({
      taskManagerId: each.registration.taskManagerId,
      dataHost: each.registration.dataHost,
      processId: each.registration.processId,
      slotCount: each.registration.slotCount,
      freeSlotCount: this.#slotManager.freeSlotCount(each.registration.taskManagerId),
      state: each.isSuspended ? 'suspended' : 'active',
      registeredAtMs: each.registeredAtMs,
      lastHeartbeatAgoMs: Math.round(this.#lastHeartbeatAgoMs(each.session.sessionId) ?? 0),
    }))
  }

  /** The newest lines of a TaskManager's log. Rejects with TASK_MANAGER_NOT_FOUND or _LOST. */
  requestLog(taskManagerId: TaskManagerId, lineCountMax: number): Promise<readonly string[]> {
    const taskManager = this.#taskManagers.get(taskManagerId)
    if (taskManager === undefined) return Promise.reject(this.#notFound(taskManagerId))
    return this.#logRequests.start(taskManagerId, (requestId) =>
      taskManager.taskExecutor.requestLog(requestId, lineCountMax),
    )
  }

  /** Closes all sessions and tells the TaskManagers why. */
  close(reason: string): void {
    for (const taskManager of [...this.#taskManagers.values()]) {
      taskManager.session.close(reason)
      this.#onClosed(taskManager, reason)
    }
  }

  /** The same, but jobs hear nothing of it: another JobManager goes on with them. */
  abandon(reason: string): void {
    this.#isAbandoned = true
    this.close(reason)
  }

  #onMessage(taskManager: RegisteredTaskManager, message: TaskManagerMessage): void {
    const { taskManagerId } = taskManager.registration
    if (!this.#isCurrent(taskManager)) return
    switch (message.kind) {
      case 'slot-report':
        this.#execute(this.#slotManager.reportSlots(taskManagerId, message.slots))
        return
      case 'task-execution-state':
        this.#jobs.get(message.state.jobId)?.onTaskExecutionState(message.state)
        return
      case 'metrics-report':
        this.#onMetricsReport(message.tasks)
        return
      case 'operator-event':
        this.#jobs.get(message.jobId)?.onOperatorEvent(message)
        return
      case 'acknowledge-checkpoint':
      case 'decline-checkpoint':
      case 'checkpoint-phase':
      case 'end-of-data-reached':
        this.#jobs.get(message.jobId)?.onCheckpointReport(message)
        return
      case 'log':
        this.#logRequests.complete(message.requestId, message.lines)
        return
      default:
        unreachable(message)
    }
  }

  #onMetricsReport(tasks: readonly TaskMetrics[]): void {
    const byJob = Map.groupBy(tasks, (task) => task.jobId)
    for (const [jobId, ofJob] of byJob) this.#jobs.get(jobId)?.onMetricsReport(ofJob)
  }

  #onSuspended(taskManager: RegisteredTaskManager): void {
    if (!this.#isCurrent(taskManager) || taskManager.isSuspended) return
    taskManager.isSuspended = true
    taskManager.logger.warn('TaskManager suspended')
    this.#execute(this.#slotManager.suspendTaskManager(taskManager.registration.taskManagerId))
  }

  #onResumed(taskManager: RegisteredTaskManager): void {
    if (!this.#isCurrent(taskManager) || !taskManager.isSuspended) return
    taskManager.isSuspended = false
    taskManager.logger.info('TaskManager resumed')
    this.#execute(this.#slotManager.resumeTaskManager(taskManager.registration.taskManagerId))
  }

  #onClosed(taskManager: RegisteredTaskManager, reason: string): void {
    if (!this.#isCurrent(taskManager)) return
    const { taskManagerId, dataHost, processId } = taskManager.registration
    taskManager.logger.warn('TaskManager lost', { reason })
    this.#taskManagers.delete(taskManagerId)
    const lost = new MillraceError(
      'TASK_MANAGER_LOST',
      `TaskManager ${taskManagerId} (host ${dataHost}, process ${processId}) was lost: ` +
        `${reason}. Its tasks start again in other slots; look at its log for the cause.`,
      { disposition: 'retry', blame: 'external', details: { taskManagerId } },
    )
    this.#logRequests.failAll(taskManagerId, lost)
    this.#execute(this.#slotManager.removeTaskManager(taskManagerId, errorInfo(lost)))
  }

  #execute(commands: readonly SlotManagerCommand[]): void {
    if (this.#isAbandoned) return
    this.#queue.push(...commands)
    if (this.#isExecuting) return
    this.#isExecuting = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        this.#executeOne(next)
      }
    } finally {
      this.#isExecuting = false
    }
  }

  #executeOne(command: SlotManagerCommand): void {
    switch (command.kind) {
      case 'allocate-slot': {
        const { slotIndex, incarnation, allocationId, jobId, taskManagerId } = command
        const job = this.#jobs.get(jobId)?.jobInformation
        assert(job !== undefined, `Job ${jobId} gets slots only while it is registered`)
        const request = { slotIndex, incarnation, allocationId, job }
        this.taskExecutor(taskManagerId)?.allocateSlot(request)
        return
      }
      case 'free-slot':
        this.taskExecutor(command.taskManagerId)?.freeSlot(command.allocationId)
        return
      case 'offer-slot':
        this.#jobs.get(command.jobId)?.onSlotOffered(command.slot)
        return
      case 'slots-lost':
        this.#jobs.get(command.jobId)?.onSlotsLost(command.allocationIds, command.failure)
        return
      case 'job-removed':
        this.#jobs.delete(command.jobId)
        for (const id of command.taskManagerIds) {
          this.taskExecutor(id)?.releaseJob(command.jobId)
        }
        return
      default:
        unreachable(command)
    }
  }

  #notFound(taskManagerId: TaskManagerId): MillraceError {
    const known = [...this.#taskManagers.keys()]
    return new MillraceError(
      'TASK_MANAGER_NOT_FOUND',
      `No TaskManager ${taskManagerId} is registered. ` +
        (known.length === 0 ? 'None is.' : `Registered: ${known.slice(0, 10).join(', ')}.`),
      { disposition: 'reject-request', blame: 'user', details: { taskManagerId } },
    )
  }

  /** Whether this session is the TaskManager's newest: what an older one says is void. */
  #isCurrent(taskManager: RegisteredTaskManager): boolean {
    return this.#taskManagers.get(taskManager.registration.taskManagerId) === taskManager
  }
}
