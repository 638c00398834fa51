import {
  type AllocationId,
  type ExecutionAttemptId,
  errorInfo,
  type JobInformation,
  type Logger,
  MillraceError,
  type Session,
  supervise,
  type TaskDeployment,
  type TaskExecutorMessage,
  type TaskManagerMessage,
  type ThreadExit,
  unreachable,
} from '@millrace/core'
import type { TaskManagerSessionHandler } from '@millrace/rpc'
import { BundleCache } from './bundle-cache.ts'
import { LocalBackupCleaner } from './local-backup-cleaner.ts'
import { stuckThreadError } from './slot-failure.ts'
import { SlotLease, type SlotLeaseContext } from './slot-lease.ts'
import { SlotTable } from './slot-table.ts'
import {
  forwardLog,
  SlotThread,
  type SlotThreadOwner,
  type SlotThreadSettings,
} from './slot-thread.ts'
import type { TaskExecutorEnvironment, TaskExecutorOptions } from './task-executor-options.ts'
import { WarmSparePool } from './warm-spare-pool.ts'

// The main thread's part of a TaskManager: slots, their threads, their leases. Runs no user code.
//
// Invariants
//  - A thread serves one lease, then it is replaced. The next one is taken when it has exited.
//  - Terminal reports of a slot's tasks are sent before the report that the slot was replaced.
//  - When a session closes, nothing it started goes on: its threads end, its bundles are let go.

interface Slot {
  readonly index: number
  /** Set while the slot is FREE or ALLOCATED. */
  thread: SlotThread | undefined
  /** Set iff ALLOCATED. */
  lease: SlotLease | undefined
}

/**
 * Handler of a TaskManager's sessions. `start`, then sessions one after the other, then `close`.
 */
export class TaskExecutor implements TaskManagerSessionHandler {
  readonly #environment: TaskExecutorEnvironment
  readonly #logger: Logger
  readonly #options: TaskExecutorOptions
  readonly #table: SlotTable
  readonly #slots: readonly Slot[]
  readonly #pool: WarmSparePool
  readonly #bundles: BundleCache
  readonly #leaseContext: SlotLeaseContext
  readonly #backups: LocalBackupCleaner
  /** Every thread that has not exited. */
  readonly #threads = new Set<SlotThread>()
  #state: 'created' | 'running' | 'closing' | 'closed' = 'created'
  #session: Session<TaskManagerMessage> | undefined
  #threadsStarted = 0
  #operatorEventsDropped = 0
  /** Called whenever a task or a thread ends while closing. */
  #onEnded: () => void = () => {}

  constructor(environment: TaskExecutorEnvironment, options: TaskExecutorOptions) {
    const { clock, random, logger, fileSystem, fetchBundle } = environment
    this.#environment = environment
    this.#logger = logger
    this.#options = options
    this.#table = new SlotTable(options.slotCount)
    this.#slots = Array.from({ length: options.slotCount }, (_, index) => ({
      index,
      thread: undefined,
      lease: undefined,
    }))
    this.#pool = new WarmSparePool(clock, random, logger, (owner) => this.#startThread(owner))
    this.#bundles = new BundleCache(logger, fileSystem, fetchBundle, options.bundles)
    this.#leaseContext = {
      prepareBundle: async (job) => {
        const path = await this.#bundles.acquire(job.jobId, job.bundle)
        return environment.moduleUrlOf(path)
      },
      send: (message) => {
        this.#backups.onMessage(message)
        this.#send(message)
      },
    }
    const { localBackupDirectory } = options.slot
    this.#backups = new LocalBackupCleaner(clock, logger, fileSystem, localBackupDirectory)
  }

  /** Operator events whose task was over, since the start. */
  get operatorEventsDropped(): number {
    return this.#operatorEventsDropped
  }

  /** Starts the threads of all slots. */
  start(): void {
    this.#state = 'running'
    supervise(this.#bundles.clear(), (error) =>
      this.#logger.warn('old bundles not deleted', { error }),
    )
    this.#backups.clear()
    for (const slot of this.#slots) this.#provide(slot)
  }

  onRegistered(session: Session<TaskManagerMessage>): void {
    this.#session = session
    this.#logger.info('registered at the JobManager', { sessionId: session.sessionId })
    this.#sendSlotReport()
  }

  onSuspended(): void {
    this.#logger.info('connection to the JobManager broke')
  }

  onResumed(): void {
    this.#logger.info('connection to the JobManager resumed')
  }

  onClosed(reason: string): void {
    this.#logger.info('session closed', { sessionId: this.#session?.sessionId, reason })
    this.#session = undefined
    for (const slot of this.#slots) this.#abandonLease(slot)
    this.#bundles.releaseAll()
    this.#backups.onSessionClosed()
    this.#onEnded()
  }

  onMessage(message: TaskExecutorMessage): void {
    if (this.#state !== 'running') {
      this.#onMessageWhileClosing(message)
      return
    }
    switch (message.kind) {
      case 'allocate-slot':
        this.#allocateSlot(message)
        break
      case 'free-slot':
        this.#freeSlot(message.allocationId)
        break
      case 'submit-task':
        this.#submitTask(message.deployment)
        break
      case 'cancel-task':
        this.#cancelTask(message.attemptId)
        break
      case 'operator-event':
        this.#sendOperatorEvent(message)
        break
      case 'trigger-checkpoint':
      case 'notify-checkpoint-complete':
      case 'notify-checkpoint-aborted':
      case 'drain-sources':
        this.#backups.onCommand(message)
        for (const { lease } of this.#slots) lease?.sendCheckpointCommand(message)
        break
      case 'release-job':
        this.#bundles.release(message.jobId)
        this.#backups.release(message.jobId)
        break
      case 'request-log':
        this.#sendLog(message)
        break
      default:
        unreachable(message)
    }
  }

  /**
   * Ends everything: tasks by canceling them, for a bounded time, then all threads, then the
   * session, so that the JobManager starts no task elsewhere that still runs here.
   */
  async close(): Promise<void> {
    if (this.#state !== 'running') return
    this.#state = 'closing'
    this.#logger.info('TaskManager closes', { taskCount: this.#taskCount() })
    for (const slot of this.#slots) slot.lease?.cancelAll()
    await this.#until(() => this.#taskCount() === 0, this.#options.shutdownTimeoutMs)
    this.#pool.close()
    this.#backups.close()
    for (const slot of this.#slots) slot.lease?.release()
    for (const thread of this.#threads) thread.terminate()
    await this.#until(() => this.#threads.size === 0, this.#options.terminationTimeoutMs)
    this.#state = 'closed'
    this.#session?.close('the TaskManager was shut down')
    this.#session = undefined
  }

  #allocateSlot(request: Extract<TaskExecutorMessage, { kind: 'allocate-slot' }>): void {
    const answer = this.#table.allocate(request)
    const { slotIndex, allocationId, job } = request
    if (answer === 'allocated') this.#lease(slotIndex, allocationId, job)
    else if (answer === 'duplicate') this.#leaseOf(allocationId)?.updateJob(job)
    else this.#logger.debug('slot not allocated', { slotIndex, allocationId, answer })
    this.#sendSlotReport()
  }

  #lease(slotIndex: number, allocationId: AllocationId, job: JobInformation): void {
    const slot = this.#slots[slotIndex]
    const thread = slot?.thread
    if (slot === undefined || thread === undefined) return
    const logger = this.#logger.child({ jobId: job.jobId, slotIndex })
    this.#backups.onLeased(job)
    slot.lease = new SlotLease(
      this.#environment.clock,
      logger,
      this.#leaseContext,
      thread,
      { slotIndex, allocationId, job },
      this.#options,
    )
    slot.lease.prepare()
  }

  #freeSlot(allocationId: AllocationId): void {
    const lease = this.#leaseOf(allocationId)
    if (lease === undefined) this.#logger.debug('no such lease to end', { allocationId })
    else lease.release()
  }

  #submitTask(deployment: TaskDeployment): void {
    const { attemptId, allocationId } = deployment
    const lease = this.#leaseOf(allocationId)
    // The lease ended meanwhile, as the slot report that is under way says.
    if (lease === undefined) this.#logger.debug('task for an old lease', { attemptId })
    else lease.submit(deployment)
  }

  #cancelTask(attemptId: ExecutionAttemptId): void {
    const lease = this.#leaseWith(attemptId)
    if (lease === undefined) this.#logger.debug('no such task to cancel', { attemptId })
    else lease.cancel(attemptId)
  }

  #sendOperatorEvent(message: Extract<TaskExecutorMessage, { kind: 'operator-event' }>): void {
    const lease = this.#leaseWith(message.attemptId)
    if (lease !== undefined) {
      lease.sendOperatorEvent(message)
      return
    }
    this.#operatorEventsDropped += 1
    const { attemptId, operatorId } = message
    this.#logger.debug('operator event dropped', { attemptId, operatorId })
  }

  #sendLog(request: { readonly requestId: number; readonly lineCountMax: number }): void {
    const lines = this.#environment.recentLogLines(request.lineCountMax)
    this.#send({ kind: 'log', requestId: request.requestId, lines })
  }

  /** New tasks are refused, so that nobody waits for them; the end of the session says the rest. */
  #onMessageWhileClosing(message: TaskExecutorMessage): void {
    if (message.kind !== 'submit-task') return
    const { jobId, attemptId } = message.deployment
    const text = 'The TaskManager is being shut down. The task is tried again on another one.'
    const failure = errorInfo(
      new MillraceError('TASK_DEPLOYMENT_FAILED', text, {
        disposition: 'retry',
        blame: 'external',
      }),
    )
    this.#session?.send({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state: 'FAILED', failure, channelCounts: [], slotEnded: true },
    })
  }

  #startThread(owner: SlotThreadOwner): SlotThread {
    const { clock, threadHost } = this.#environment
    const { slot, heapLimitBytes, terminationTimeoutMs } = this.#options
    const settings: SlotThreadSettings = {
      slot,
      heapLimitBytes,
      terminationTimeoutMs,
      onStuck: (name) =>
        this.#environment.onFatalError(stuckThreadError(name, terminationTimeoutMs)),
      onGone: (thread) => {
        this.#threads.delete(thread)
        this.#onEnded()
      },
    }
    this.#threadsStarted += 1
    const name = `slot-thread-${this.#threadsStarted}`
    const thread = new SlotThread(clock, threadHost, settings, { name, owner })
    this.#threads.add(thread)
    return thread
  }

  /** Gets a thread for a slot that is STARTING. */
  #provide(slot: Slot): void {
    if (this.#state !== 'running') return
    this.#pool.take((thread) => {
      slot.thread = thread
      thread.handTo({
        onReady: () => {},
        onEvent: (event) => this.#onSlotEvent(slot, event),
        onExit: (exit) => this.#onThreadExit(slot, exit),
      })
      this.#table.markReady(slot.index, thread.dataAddress)
      this.#sendSlotReport()
    })
  }

  #onSlotEvent(slot: Slot, event: Parameters<SlotThreadOwner['onEvent']>[0]): void {
    if (slot.lease !== undefined) slot.lease.onSlotEvent(event)
    else if (event.kind === 'log') forwardLog(this.#logger, event)
  }

  #onThreadExit(slot: Slot, exit: ThreadExit): void {
    const { lease } = slot
    slot.thread = undefined
    slot.lease = undefined
    lease?.onThreadExit(exit)
    if (lease !== undefined) this.#backups.onThreadExited(lease.request.job)
    this.#table.replace(slot.index)
    if (lease === undefined && this.#state === 'running') this.#pool.noteEarlyDeath(exit)
    this.#sendSlotReport()
    this.#provide(slot)
  }

  /** The slot is as good as new for the next session, once the thread has exited. */
  #abandonLease(slot: Slot): void {
    const { lease, thread } = slot
    if (lease === undefined || thread === undefined) return
    slot.lease = undefined
    slot.thread = undefined
    this.#table.replace(slot.index)
    thread.handTo({
      onReady: () => {},
      onEvent: () => {},
      onExit: (exit) => {
        lease.onThreadExit(exit)
        this.#provide(slot)
      },
    })
    lease.abandon()
  }

  #leaseOf(allocationId: AllocationId): SlotLease | undefined {
    const slotIndex = this.#table.slotIndexOf(allocationId)
    return slotIndex === undefined ? undefined : this.#slots[slotIndex]?.lease
  }

  #leaseWith(attemptId: ExecutionAttemptId): SlotLease | undefined {
    return this.#slots.find((slot) => slot.lease?.hasTask(attemptId) === true)?.lease
  }

  #taskCount(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.lease?.taskCount ?? 0), 0)
  }

  #sendSlotReport(): void {
    this.#send({ kind: 'slot-report', slots: this.#table.report() })
  }

  /** While closing nothing is reported: the end of the session says it all at once. */
  #send(message: TaskManagerMessage): void {
    if (this.#state === 'running') this.#session?.send(message)
    else if (message.kind === 'task-execution-state') this.#onEnded()
  }

  /** Resolves when the condition holds after the end of a task or thread, or after `timeoutMs`. */
  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#environment.clock.setTimer(timeoutMs, resolve)
    this.#onEnded = () => {
      if (condition()) resolve()
    }
    this.#onEnded()
    return promise.finally(() => timer.cancel())
  }
}
