import type { Clock, ErrorInfo, JobId, JobStatus, Logger, Timer } from '@millrace/core'
import type { FailureRecord } from '@millrace/rpc'
import type { CheckpointExecutor } from '../checkpoint/executor/checkpoint-executor.ts'
import { FailureHistory, type Instant } from '../failover/failure-history.ts'
import type { SlotProvider } from '../resource-manager/slot-provider.ts'
import type { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { JobSchedulerCommand } from '../scheduler/job-scheduler-command.ts'
import type { JobSchedulerEvent, SchedulerTimer } from '../scheduler/job-scheduler-event.ts'
import type { RescaleProgress } from '../scheduler/rescale/rescale-progress.ts'
import type { JobHost } from './job-host.ts'

/** What the commands of one job's scheduler are executed with. */
export interface SchedulerWorld {
  readonly jobId: JobId
  readonly clock: Clock
  readonly logger: Logger
  readonly slotProvider: SlotProvider
  readonly jobHost: JobHost
  /** undefined: the job takes no checkpoints. */
  readonly checkpoints: CheckpointExecutor | undefined
  readonly onStatusChanged: (status: JobStatus) => void
  readonly onRescaleChanged: (progress: RescaleProgress) => void
  /** The job misses slots for long, and there are so many for it. */
  readonly onSlotsMissing: (failure: ErrorInfo, slotCount: number) => void
}

/**
 * The JobScheduler's hands: its timers, its messages and the record of its failures. Events are
 * handled one after the other; one that arises while another is handled waits for its turn.
 */
export class SchedulerRunner {
  readonly scheduler: JobScheduler
  readonly #world: SchedulerWorld
  readonly #failureHistory: FailureHistory = new FailureHistory()
  readonly #timers = new Map<SchedulerTimer, Timer>()
  readonly #inbox: (JobSchedulerEvent | (() => void))[] = []
  #isHandling = false

  constructor(scheduler: JobScheduler, world: SchedulerWorld) {
    this.scheduler = scheduler
    this.#world = world
  }

  /** The newest last. */
  get failures(): readonly FailureRecord[] {
    return this.#failureHistory.records()
  }

  handle(event: JobSchedulerEvent): void {
    this.#take(event)
  }

  /** Runs it in its turn, so that what it sends overtakes nothing that earlier events send. */
  run(action: () => void): void {
    this.#take(action)
  }

  /** The job is over: no timer fires any more. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #take(item: JobSchedulerEvent | (() => void)): void {
    this.#inbox.push(item)
    if (this.#isHandling) return
    this.#isHandling = true
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (typeof next === 'function') {
          next()
          continue
        }
        const commands = this.scheduler.handle(next, this.#world.clock.monotonicMs())
        for (const command of commands) this.#execute(command)
      }
    } finally {
      this.#isHandling = false
    }
  }

  #execute(command: JobSchedulerCommand): void {
    switch (command.kind) {
      case 'declare-requirement':
        this.#world.slotProvider.declareRequirement(this.#world.jobId, command.requirement)
        return
      case 'release-slot':
        this.#world.slotProvider.releaseSlot(command.allocationId)
        return
      case 'terminate-slot':
        this.#world.slotProvider.terminateSlot(command.allocationId)
        return
      case 'submit-task':
        this.#world.slotProvider.taskExecutor(command.taskManagerId)?.submitTask(command.deployment)
        return
      case 'cancel-task':
        this.#world.slotProvider.taskExecutor(command.taskManagerId)?.cancelTask(command.attemptId)
        return
      case 'notify-job-host':
        this.#world.jobHost.post(command.command)
        return
      case 'set-timer':
        this.#setTimer(command.timer, command.delayMs)
        return
      case 'cancel-timer':
        this.#timers.get(command.timer)?.cancel()
        this.#timers.delete(command.timer)
        return
      case 'job-status-changed':
        this.#world.onStatusChanged(command.status)
        return
      case 'slots-missing':
        this.#world.onSlotsMissing(command.failure, command.slotCount)
        return
      case 'rescale-changed':
        this.#world.onRescaleChanged(command.progress)
        return
      case 'failure-recorded':
        this.#onFailureRecorded(command)
        return
      case 'restart-scheduled':
        this.#world.logger.info('restart scheduled', {
          delayMs: command.delayMs,
          restartCount: command.restartCount,
        })
        return
      case 'recovered':
        this.#failureHistory.recordRecovery(this.#instant())
        this.#world.logger.info('job recovered', { failure: this.#failureHistory.records().at(-1) })
        return
      default:
        this.#world.checkpoints?.execute(command)
    }
  }

  #setTimer(timer: SchedulerTimer, delayMs: number): void {
    this.#timers.get(timer)?.cancel()
    this.#timers.set(
      timer,
      this.#world.clock.setTimer(delayMs, () => {
        this.#timers.delete(timer)
        const cluster = this.#world.slotProvider.slotSummary()
        this.handle({ kind: 'timer-fired', timer, cluster })
      }),
    )
  }

  #onFailureRecorded(command: Extract<JobSchedulerCommand, { kind: 'failure-recorded' }>): void {
    const { failure, isExplanation, taskName, taskManagerId } = command
    const origin = { taskName, taskManagerId }
    if (isExplanation) this.#failureHistory.explain(this.#instant(), failure, origin)
    else this.#failureHistory.record(this.#instant(), failure, origin)
    const { code, message, stack } = failure
    this.#world.logger.warn('job failure', { code, message, stack, taskName, taskManagerId })
  }

  #instant(): Instant {
    const { clock } = this.#world
    return { nowMs: clock.now(), monotonicMs: clock.monotonicMs() }
  }
}
