import {
  type ErrorInfo,
  type ExecutionAttemptId,
  type JobId,
  type JobStatus,
  type OperatorId,
  type TaskExecutionState,
  unreachable,
} from '@millrace/core'
import type { CheckpointCoordinator } from '../checkpoint/coordinator/checkpoint-coordinator.ts'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { RestartStrategy } from '../failover/restart-strategy.ts'
import type { AllocatedSlot } from '../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../resource-manager/slot-provider.ts'
import type { JobLife } from './job-life.ts'
import { createJobParts, type JobParts, type JobSchedulerOptions } from './job-parts.ts'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import {
  isCheckpointTimer,
  isDeploymentTimer,
  type JobSchedulerEvent,
  type SchedulerTimer,
} from './job-scheduler-event.ts'
import { fallBack } from './recovery/fall-back.ts'
import { Recovery } from './recovery/recovery.ts'
import type { Region } from './region/region.ts'
import { RegionDeployment } from './region/region-deployment.ts'
import type { Regions } from './region/regions.ts'
import { changeGraph } from './rescale/change-graph.ts'
import {
  rescaleInterrupted,
  rescaleOfEndingJob,
  rescaleWithdrawn,
} from './rescale/rescale-errors.ts'
import type { RescaleProgress, RescaleTarget } from './rescale/rescale-progress.ts'
import { Rescaling } from './rescale/rescaling.ts'
import { canceledUnasked, cancellationTimedOut } from './scheduling-errors.ts'
import type { JobSlots } from './slot/job-slots.ts'
import { isOccupied, type SlotPlace } from './slot/slot-pool.ts'
import { waitingFor } from './waiting-for.ts'

// The brain of a JobMaster. Pure: takes events and the time, returns commands.
//
// Invariants
//  - A subtask's next attempt is made only when its last one is over: it said so, or its slot was
//    lost. One that does not end in time has the thread of its slot ended.
//  - A region is deployed only when it has all its slots; a slot in which a task failed by what it
//    did is returned once no other region has a task in it.
//  - A job that is FAILING or CANCELLING deploys nothing, and ends when its last task has.
//  - The graph changes only when every task of the one before is over.
//  - What an attempt says that is not the current one of its subtask is ignored.

export class JobScheduler {
  readonly #jobId: JobId
  readonly #life: JobLife
  #parts: JobParts
  #recovery: Recovery
  #deployment: RegionDeployment
  /** The latest, under way or over. */
  #rescaling: Rescaling | undefined
  #nowMs = 0

  constructor(
    jobId: JobId,
    executionGraph: ExecutionGraph,
    coordinated: readonly OperatorId[],
    restartStrategy: RestartStrategy,
    options: JobSchedulerOptions,
  ) {
    const parts = createJobParts(executionGraph, coordinated, options)
    this.#jobId = jobId
    this.#parts = parts
    this.#life = parts.life
    this.#recovery = new Recovery(parts, restartStrategy)
    this.#deployment = new RegionDeployment(jobId, parts, this.#recovery)
  }

  /** Another one from the moment on that the job is rescaled. */
  get executionGraph(): ExecutionGraph {
    return this.#parts.executionGraph
  }

  get status(): JobStatus {
    return this.#life.status
  }

  /** Why the job is FAILING or FAILED. */
  get failure(): ErrorInfo | undefined {
    return this.#life.failure
  }

  get restartCount(): number {
    return this.#recovery.restartCount
  }

  /** The latest change of the parallelism, under way or over. */
  get rescale(): RescaleProgress | undefined {
    return this.#rescaling?.progress
  }

  /** undefined: no checkpoints are taken. */
  get checkpoints(): CheckpointCoordinator | undefined {
    return this.#parts.checkpoints
  }

  /** What the job waits for, for people; '' if for nothing. */
  waitingFor(nowMs: number): string {
    return this.#life.isOver ? '' : waitingFor(this.#parts, this.#recovery, nowMs)
  }

  /** `nowMs` by a clock that never goes back. The commands are to be executed in order. */
  handle(event: JobSchedulerEvent, nowMs: number): readonly JobSchedulerCommand[] {
    this.#nowMs = nowMs
    if (!this.#life.isOver) {
      this.#dispatch(event)
      this.#advanceRescaling()
      if (event.kind !== 'checkpoint-report' || event.report.kind !== 'checkpoint-phase') {
        this.#advanceCheckpoints()
      }
      this.#slots.updateTimer(this.#life.isEnding ? [] : this.#regions.waiting)
    } else if (event.kind === 'slot-offered') {
      this.#slots.refuse(event.slot)
    } else if (event.kind === 'checkpoint-stored') {
      // It may be what is to stay of the job.
      this.checkpoints?.onStored(event.checkpoint, nowMs)
    }
    return this.#parts.outbox.take()
  }

  get #slots(): JobSlots {
    return this.#parts.slots
  }

  get #regions(): Regions {
    return this.#parts.regions
  }

  #dispatch(event: JobSchedulerEvent): void {
    switch (event.kind) {
      case 'start':
        for (const { execution } of this.executionGraph.vertices) execution.schedule()
        this.#slots.declareRequirement()
        return
      case 'slot-offered':
        this.#onSlotOffered(event.slot)
        return
      case 'slots-lost':
        this.#rescaling?.onSlotsLost(event.allocationIds)
        this.#onSlotsGone(this.#slots.pool.placesOf(event.allocationIds), event.failure)
        return
      case 'task-execution-state':
        this.#onTaskExecutionState(event.state)
        return
      case 'coordinator-failed':
        this.#onCoordinatorFailed(event.operatorId, event.failure)
        return
      case 'checkpoint-report':
        this.#parts.checkpoints?.onReport(event.report, this.#nowMs)
        return
      case 'coordinators-snapshotted': {
        const { checkpointId, coordinators } = event
        const { checkpoints } = this.#parts
        checkpoints?.onCoordinatorsSnapshotted(checkpointId, coordinators, this.#nowMs)
        return
      }
      case 'checkpoint-stored':
        this.#parts.checkpoints?.onStored(event.checkpoint, this.#nowMs)
        this.#advance()
        return
      case 'checkpoint-not-stored': {
        const { checkpointId, failure } = event
        this.#parts.checkpoints?.onNotStored(checkpointId, failure, this.#nowMs)
        this.#advance()
        return
      }
      case 'savepoint-requested':
        this.#parts.checkpoints?.savepoints.request(event.request)
        return
      case 'savepoint-answered': {
        const { savepointId, failure } = event
        this.#parts.checkpoints?.onSavepointAnswered(savepointId, failure, this.#nowMs)
        return
      }
      case 'job-failed':
        if (!this.#life.isEnding) this.#fail(event.failure)
        return
      case 'rescale-requested':
        this.#onRescaleRequested(event.target)
        return
      case 'rescale-withdrawn':
        if (this.#rescaling?.isRevocable === true) this.#rescaling.fail(rescaleWithdrawn())
        return
      case 'cancel-requested':
        if (this.#life.isEnding) return
        this.#life.transitionTo('CANCELLING')
        this.#endTasks()
        return
      case 'timer-fired':
        this.#onTimerFired(event.timer, event.cluster)
        return
      default:
        unreachable(event)
    }
  }

  #onSlotOffered(slot: AllocatedSlot): void {
    if (this.#life.isEnding) this.#slots.refuse(slot)
    else if (this.#slots.pool.offer(slot)) this.#deployment.deployReady()
    else if (this.#rescaling?.offer(slot) !== true) this.#slots.refuse(slot)
  }

  #onRescaleRequested(target: RescaleTarget): void {
    if (this.#rescaling?.isRevocable === true) this.#rescaling.fail(rescaleWithdrawn())
    const rescaling = new Rescaling(target, this.#parts)
    this.#rescaling = rescaling
    const isForMissing = target.cause === 'slots-missing'
    if (isForMissing && this.#slots.missingCount(this.#regions.waiting) === 0) {
      rescaling.fail(rescaleInterrupted('The missing slots came'))
      return
    }
    const isAtOnce = isForMissing || this.status !== 'RUNNING'
    if (isAtOnce) this.#recovery.abandon()
    rescaling.begin(this.#nowMs, isAtOnce)
  }

  #advanceRescaling(): void {
    const rescaling = this.#rescaling
    if (rescaling === undefined || rescaling.isOver) return
    if (rescaling.advance(this.#nowMs)) this.#changeGraph(rescaling)
    if (rescaling.state === 'starting' && this.#regions.areFullyRunning) {
      rescaling.onRunning(this.#nowMs)
    }
  }

  #changeGraph(rescaling: Rescaling): void {
    this.#parts = changeGraph(this.#parts, rescaling)
    this.#recovery = this.#recovery.withGraph(this.#parts)
    this.#deployment = new RegionDeployment(this.#jobId, this.#parts, this.#recovery)
    this.#life.onRestarting()
    rescaling.onGraphChanged()
    this.#deployment.deployReady()
  }

  #onTaskExecutionState(reported: TaskExecutionState): void {
    const vertex = this.executionGraph.vertexOfAttempt(reported.attemptId)
    if (vertex === undefined || !vertex.execution.isDeployed) return
    const place = this.#slots.pool.placeOf(vertex)
    if (reported.slotEnded === true) place.isEnded = true
    const { failure } = reported
    if (failure !== undefined && failure.blame !== 'external') place.isTainted = true
    this.#apply(reported, vertex)
    // Regions that failed in it may wait for the one whose last task there this was.
    const isOver = place.isEnded || (place.isTainted && reported.state === 'FINISHED')
    if (isOver && !isOccupied(place)) this.#slots.release([place])
  }

  #apply(reported: TaskExecutionState, vertex: ExecutionVertex): void {
    if (reported.state === 'INITIALIZING' || reported.state === 'RUNNING') {
      vertex.execution.advanceTo(reported.state)
      this.#onTaskAdvanced(vertex)
    } else if (vertex.execution.state === 'CANCELING') {
      this.#onCancelingTaskOver(vertex, reported)
    } else if (reported.state === 'FINISHED') {
      vertex.execution.finish(reported.channelCounts)
      this.#parts.checkpoints?.onTaskFinished(vertex, this.#nowMs)
      this.#onTaskAdvanced(vertex)
    } else {
      vertex.execution.fail()
      const failure = reported.failure ?? canceledUnasked(vertex)
      if (this.#fellBack(vertex, failure)) return
      this.#failOver([this.#regions.of(vertex)], failure, vertex)
    }
  }

  #onCancelingTaskOver(vertex: ExecutionVertex, reported: TaskExecutionState): void {
    const { execution } = vertex
    if (reported.state === 'FINISHED') execution.finish(reported.channelCounts)
    else if (reported.state === 'CANCELED') execution.onCanceled()
    else execution.fail()
    this.#parts.outbox.push({ kind: 'cancel-timer', timer: execution.attemptId })
    if (reported.failure !== undefined) this.#onLateFailure(reported.failure, vertex)
    this.#advance()
  }

  /** What failed while its region was being canceled may be the cause of it all. */
  #onLateFailure(failure: ErrorInfo, vertex: ExecutionVertex): void {
    if (this.#fellBack(vertex, failure)) return
    if (!this.#life.recordIfCause(failure, vertex)) return
    if (failure.disposition !== 'retry' && !this.#life.isEnding) this.#end(failure)
  }

  /** These slots are no longer the job's, and what ran in them is over. */
  #onSlotsGone(places: readonly SlotPlace[], failure: ErrorInfo): void {
    const failed: ExecutionVertex[] = []
    let canceled: ExecutionVertex | undefined
    for (const place of places) {
      this.#slots.pool.vacate(place, failure.code === 'TASK_MANAGER_LOST')
      for (const vertex of place.vertices) {
        if (!vertex.execution.isDeployed) continue
        if (vertex.execution.state === 'CANCELING') {
          vertex.execution.onCanceled()
          this.#parts.outbox.push({ kind: 'cancel-timer', timer: vertex.execution.attemptId })
          canceled = vertex
        } else {
          vertex.execution.fail()
          failed.push(vertex)
        }
      }
    }
    if (failed.length > 0) this.#failOver(this.#regions.ofAll(failed), failure, failed[0])
    else if (canceled !== undefined) this.#onLateFailure(failure, canceled)
    this.#advance()
  }

  #onCoordinatorFailed(operatorId: OperatorId | undefined, failure: ErrorInfo): void {
    if (this.#life.isEnding) return
    const vertexId = this.#parts.coordinatedOperators.onCoordinatorFailed(operatorId)
    const regions = this.#regions.unfinishedOf(vertexId)
    if (regions.length === 0) return
    if (this.status === 'CREATED') this.#fail(failure)
    else this.#failOver(regions, failure, undefined)
  }

  /**
   * What the task was to begin with is damaged: the whole job goes back to the checkpoint before,
   * coordinators too. False: this is something else, or known.
   */
  #fellBack(vertex: ExecutionVertex, failure: ErrorInfo): boolean {
    if (failure.code !== 'CHECKPOINT_CORRUPT' || this.#life.isEnding) return false
    const answer = fallBack(this.#parts, vertex, failure)
    if (answer === undefined) return false
    if (answer.disposition === 'retry') {
      this.#failOver(this.#regions.unfinishedOf(undefined), answer, vertex)
    } else {
      this.#life.record(answer, vertex)
      this.#end(answer)
    }
    return true
  }

  /** Triggers the checkpoint that is due. */
  #advanceCheckpoints(): void {
    const { checkpoints } = this.#parts
    if (checkpoints === undefined) return
    const excess = checkpoints.takeExcess()
    if (excess !== undefined && !this.#life.isEnding) {
      this.#failOver(this.#regions.unfinishedOf(undefined), excess, undefined)
    }
    checkpoints.advance(this.#nowMs, this.status === 'RUNNING' && !this.#recovery.isPending)
  }

  /** Ends what is left of the regions and restarts them, or ends the job. */
  #failOver(
    regions: readonly Region[],
    failure: ErrorInfo,
    origin: ExecutionVertex | undefined,
  ): void {
    this.#rescaling?.onFailover(failure)
    if (this.#rescaling?.isStopping === true) {
      // All of it starts again anyway.
      this.#life.record(failure, origin)
      if (failure.disposition !== 'retry') this.#end(failure)
      return
    }
    const who = origin === undefined ? 'the job' : `task ${origin.taskName}`
    this.#parts.checkpoints?.abort(`${who} failed`, this.#nowMs)
    if (!this.#life.isEnding) {
      this.#life.record(failure, origin)
      const answer = this.#recovery.onFailure(failure, this.#nowMs)
      if (answer.kind === 'gives-up') this.#end(failure, answer.reason)
    }
    for (const region of regions) {
      this.#recovery.add(region)
      this.#regions.cancel(region)
    }
    this.#advance()
  }

  /** Takes the steps that became possible because a task is over or a delay is. */
  #advance(): void {
    if (this.#life.isEnding) this.#checkJobEnded()
    else if (this.#recovery.advance()) this.#deployment.deployReady()
  }

  /** The task came further than it was; with it its region may have finished. */
  #onTaskAdvanced(vertex: ExecutionVertex): void {
    const failure = this.#deployment.onTaskAdvanced(this.#regions.of(vertex))
    if (failure !== undefined) this.#fail(failure)
  }

  #onTimerFired(timer: SchedulerTimer, cluster: SlotSummary): void {
    switch (timer) {
      case 'slot-request': {
        const failure = this.#slots.onTimedOut(this.#regions.waiting, cluster)
        if (failure === undefined) return
        if (this.#parts.options.mayRunSmaller) {
          const { freeSlotCount, startingSlotCount } = cluster
          const slotCount = this.#slots.pool.heldCount + freeSlotCount + startingSlotCount
          this.#parts.outbox.push({ kind: 'slots-missing', failure, slotCount })
        } else {
          this.#fail(failure)
        }
        return
      }
      case 'rescale':
        this.#rescaling?.onTimerFired(cluster)
        return
      case 'restart':
        this.#recovery.onDelayOver()
        this.#advance()
        return
      default:
        if (isCheckpointTimer(timer)) {
          this.#parts.checkpoints?.onTimerFired(timer, this.#nowMs)
          this.#advance()
        } else if (isDeploymentTimer(timer)) {
          const late = this.#deployment.onTimerFired(timer)
          if (late !== undefined) this.#failOver([late.region], late.failure, late.origin)
        } else {
          this.#onCancellationTimedOut(timer)
        }
    }
  }

  /**
   * Has the slot's thread ended, and with it what other regions run there. The tasks count as over
   * when the TaskManager says so, or is lost: until then an attempt may still be doing something.
   */
  #onCancellationTimedOut(attemptId: ExecutionAttemptId): void {
    const vertex = this.executionGraph.vertexOfAttempt(attemptId)
    if (vertex?.execution.state !== 'CANCELING') return
    const failure = cancellationTimedOut(vertex, this.#parts.options.taskCancellationTimeoutMs)
    const place = this.#slots.pool.placeOf(vertex)
    if (place.slot === undefined) return
    const { allocationId } = place.slot
    this.#parts.outbox.push({ kind: 'terminate-slot', allocationId })
    // An answer to the cancel may be under way that does not know of this.
    place.isEnded = true
    const others = place.vertices.filter(({ execution }) => {
      return execution.isDeployed && execution.state !== 'CANCELING'
    })
    if (others.length > 0) this.#failOver(this.#regions.ofAll(others), failure, vertex)
    else this.#life.record(failure, vertex)
  }

  /** The job as a whole failed, for good. */
  #fail(failure: ErrorInfo): void {
    this.#life.record(failure, undefined)
    this.#end(failure)
  }

  /** `giveUpReason`: of the restart strategy, if it is what ends the job. */
  #end(failure: ErrorInfo, giveUpReason: string = ''): void {
    this.#life.beginFailing(failure, giveUpReason)
    this.#endTasks()
  }

  /** Ends all tasks, and the job with the last of them. */
  #endTasks(): void {
    this.#rescaling?.fail(rescaleOfEndingJob(this.status))
    this.#parts.checkpoints?.abort('the job ends', this.#nowMs)
    this.#recovery.abandon()
    this.#slots.needNoMore()
    this.#regions.cancelAll()
    this.#checkJobEnded()
  }

  #checkJobEnded(): void {
    if (!this.executionGraph.vertices.every((vertex) => vertex.execution.isTerminal)) return
    this.#slots.releaseAll()
    this.#life.transitionTo(this.status === 'FAILING' ? 'FAILED' : 'CANCELED')
  }
}
