import {
  type ErrorInfo,
  type ExecutionAttemptId,
  isGloballyTerminal,
  type JobId,
  type JobStatus,
  jobStatusTransitions,
  type OperatorId,
  type TaskExecutionState,
  transition,
  unreachable,
} from '@millrace/core'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { RestartStrategy } from '../failover/restart-strategy.ts'
import type { AllocatedSlot } from '../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../resource-manager/slot-provider.ts'
import { auditChannels } from './channel-audit.ts'
import { CoordinatedOperators } from './coordinated-operators.ts'
import { Failover } from './failover.ts'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import type { JobSchedulerEvent, SchedulerTimer } from './job-scheduler-event.ts'
import { Region } from './region.ts'
import { deployRegion } from './region-deployment.ts'
import {
  canceledUnasked,
  cancellationTimedOut,
  restartsExhausted,
  slotsMissing,
} from './scheduling-errors.ts'
import { type SlotPlace, SlotPool } from './slot-pool.ts'

// The brain of a JobMaster. Pure: takes events and the time, returns commands.
//
// Invariants
//  - A subtask's next attempt is made only when its last one is over: it said so, or its slot was
//    lost. One that does not end in time has the thread of its slot ended.
//  - A region is deployed only when it has all its slots; a slot that ran a failed region is
//    returned once no other region has a task in it.
//  - At most one failover is pending. Regions that fail meanwhile join it; the restart strategy is
//    asked once for each failover, not once for each task.
//  - A job that is FAILING or CANCELLING deploys nothing, and ends when its last task has.
//  - What an attempt says that is not the current one of its subtask is ignored.

export interface JobSchedulerOptions {
  readonly slotRequestTimeoutMs: number
  readonly taskCancellationTimeoutMs: number
}

export class JobScheduler {
  readonly executionGraph: ExecutionGraph
  readonly #jobId: JobId
  readonly #restartStrategy: RestartStrategy
  readonly #options: JobSchedulerOptions
  readonly #slotPool: SlotPool
  readonly #regions: readonly Region[]
  readonly #coordinatedOperators: CoordinatedOperators
  #status: JobStatus = 'CREATED'
  #failure: ErrorInfo | undefined
  #failover: Failover | undefined
  #restartCount = 0
  #isRecovering = false
  #isSlotTimerSet = false
  #nowMs = 0
  #commands: JobSchedulerCommand[] = []

  constructor(
    jobId: JobId,
    executionGraph: ExecutionGraph,
    coordinated: readonly OperatorId[],
    restartStrategy: RestartStrategy,
    options: JobSchedulerOptions,
  ) {
    this.executionGraph = executionGraph
    this.#jobId = jobId
    this.#restartStrategy = restartStrategy
    this.#options = options
    this.#slotPool = new SlotPool(executionGraph)
    this.#regions = executionGraph.regions.map((each) => new Region(each, this.#slotPool))
    this.#coordinatedOperators = new CoordinatedOperators(executionGraph, coordinated)
  }

  get status(): JobStatus {
    return this.#status
  }

  /** Why the job is FAILING or FAILED. */
  get failure(): ErrorInfo | undefined {
    return this.#failure
  }

  get restartCount(): number {
    return this.#restartCount
  }

  /** What the job waits for, for people; '' if for nothing. */
  waitingFor(nowMs: number): string {
    if (isGloballyTerminal(this.#status)) return ''
    const ending = this.executionGraph.vertices.filter(
      ({ execution }) => execution.state === 'CANCELING',
    ).length
    if (ending > 0) return ending === 1 ? '1 task to end' : `${ending} tasks to end`
    if (this.#failover !== undefined) {
      return `restart in ${Math.max(0, Math.ceil(this.#failover.dueMs - nowMs))} ms`
    }
    const missing = this.#missingSlotCount()
    if (missing === 0) return ''
    return missing === 1 ? '1 slot missing' : `${missing} slots missing`
  }

  /** `nowMs` by a clock that never goes back. The commands are to be executed in order. */
  handle(event: JobSchedulerEvent, nowMs: number): readonly JobSchedulerCommand[] {
    this.#nowMs = nowMs
    if (!isGloballyTerminal(this.#status)) {
      this.#dispatch(event)
      this.#updateSlotTimer()
    } else if (event.kind === 'slot-offered') {
      this.#commands.push({ kind: 'release-slot', allocationId: event.slot.allocationId })
    }
    const commands = this.#commands
    this.#commands = []
    return commands
  }

  #dispatch(event: JobSchedulerEvent): void {
    switch (event.kind) {
      case 'start':
        for (const { execution } of this.executionGraph.vertices) execution.schedule()
        this.#declareRequirement()
        return
      case 'slot-offered':
        this.#onSlotOffered(event.slot)
        return
      case 'slots-lost':
        this.#onSlotsGone(
          event.allocationIds.flatMap((id) => this.#slotPool.placeOfAllocation(id) ?? []),
          event.failure,
        )
        return
      case 'task-execution-state':
        this.#onTaskExecutionState(event.state)
        return
      case 'coordinator-failed':
        this.#onCoordinatorFailed(event.operatorId, event.failure)
        return
      case 'job-failed':
        if (!this.#isEnding) this.#fail(event.failure)
        return
      case 'cancel-requested':
        if (!this.#isEnding) this.#end('CANCELLING', undefined)
        return
      case 'timer-fired':
        this.#onTimerFired(event.timer, event.cluster)
        return
      default:
        unreachable(event)
    }
  }

  #onSlotOffered(slot: AllocatedSlot): void {
    if (!this.#isEnding && this.#slotPool.offer(slot)) this.#deployReadyRegions()
    else this.#commands.push({ kind: 'release-slot', allocationId: slot.allocationId })
  }

  #deployReadyRegions(): void {
    if (this.#isEnding) return
    for (const region of this.#regions) {
      if (region.state === 'waiting' && region.hasAllSlots) this.#deploy(region)
    }
    const isWaiting = this.#regions.some((region) => region.state === 'waiting')
    if (this.#status === 'RESTARTING' && !isWaiting && this.#failover === undefined) {
      this.#transitionTo('RUNNING')
    }
  }

  #deploy(region: Region): void {
    const slots = { pool: this.#slotPool, readers: this.#coordinatedOperators }
    this.#commands.push(...deployRegion(this.#jobId, this.executionGraph, region, slots))
    if (this.#status === 'CREATED') this.#transitionTo('RUNNING')
  }

  #onTaskExecutionState(reported: TaskExecutionState): void {
    const vertex = this.executionGraph.vertexOfAttempt(reported.attemptId)
    if (vertex === undefined || !vertex.execution.isDeployed) return
    if (reported.state === 'INITIALIZING' || reported.state === 'RUNNING') {
      vertex.execution.advanceTo(reported.state)
      this.#checkRecovered()
    } else if (vertex.execution.state === 'CANCELING') {
      this.#onCancelingTaskOver(vertex, reported)
    } else if (reported.state === 'FINISHED') {
      vertex.execution.finish(reported.channelCounts)
      this.#checkRegionFinished(this.#regionOf(vertex))
    } else {
      vertex.execution.fail()
      const failure = reported.failure ?? canceledUnasked(vertex)
      this.#failOver([this.#regionOf(vertex)], failure, vertex)
    }
  }

  #onCancelingTaskOver(vertex: ExecutionVertex, reported: TaskExecutionState): void {
    const { execution } = vertex
    if (reported.state === 'FINISHED') execution.finish(reported.channelCounts)
    else if (reported.state === 'CANCELED') execution.onCanceled()
    else execution.fail()
    this.#commands.push({ kind: 'cancel-timer', timer: execution.attemptId })
    if (reported.failure !== undefined) this.#onLateFailure(reported.failure, vertex)
    this.#advance()
  }

  /** What failed while its region was being canceled may be the cause of it all. */
  #onLateFailure(failure: ErrorInfo, vertex: ExecutionVertex): void {
    if (this.#failover?.isExplainedBy(failure) !== true) return
    this.#record(failure, vertex)
    if (failure.disposition !== 'retry') this.#end('FAILING', failure)
  }

  /** These slots are no longer the job's, and what ran in them is over. */
  #onSlotsGone(places: readonly SlotPlace[], failure: ErrorInfo): void {
    const failed: ExecutionVertex[] = []
    let canceled: ExecutionVertex | undefined
    for (const place of places) {
      this.#slotPool.vacate(place)
      for (const vertex of place.vertices) {
        if (!vertex.execution.isDeployed) continue
        if (vertex.execution.state === 'CANCELING') {
          vertex.execution.onCanceled()
          this.#commands.push({ kind: 'cancel-timer', timer: vertex.execution.attemptId })
          canceled = vertex
        } else {
          vertex.execution.fail()
          failed.push(vertex)
        }
      }
    }
    if (failed.length > 0) {
      const regions = new Set(failed.map((vertex) => this.#regionOf(vertex)))
      this.#failOver([...regions], failure, failed[0])
    } else if (canceled !== undefined) {
      this.#onLateFailure(failure, canceled)
    }
    this.#advance()
  }

  #onCoordinatorFailed(operatorId: OperatorId | undefined, failure: ErrorInfo): void {
    if (this.#isEnding) return
    const vertexId =
      operatorId === undefined ? undefined : this.#coordinatedOperators.vertexIdOf(operatorId)
    this.#coordinatedOperators.onCoordinatorFailed(vertexId === undefined ? undefined : operatorId)
    const regions = this.#regions.filter(
      (region) =>
        region.state !== 'finished' &&
        (vertexId === undefined || region.vertices.some((each) => each.jobVertex.id === vertexId)),
    )
    if (regions.length === 0) return
    if (this.#status === 'CREATED') this.#fail(failure)
    else this.#failOver(regions, failure, undefined)
  }

  /** Ends what is left of the regions and restarts them, or ends the job. */
  #failOver(
    regions: readonly Region[],
    failure: ErrorInfo,
    origin: ExecutionVertex | undefined,
  ): void {
    if (!this.#isEnding) {
      this.#record(failure, origin)
      if (failure.disposition === 'retry') this.#failover ??= this.#beginFailover(failure)
      else this.#end('FAILING', failure)
    }
    for (const region of regions) {
      this.#failover?.add(region)
      this.#cancel(region)
    }
    this.#advance()
  }

  #beginFailover(failure: ErrorInfo): Failover | undefined {
    const decision = this.#restartStrategy.onFailure(this.#nowMs)
    if (decision.kind === 'give-up') {
      const { reason } = decision
      this.#end('FAILING', reason === '' ? failure : restartsExhausted(failure, reason))
      return undefined
    }
    const { delayMs } = decision
    const restartCount = ++this.#restartCount
    if (this.#status !== 'RESTARTING') this.#transitionTo('RESTARTING')
    this.#commands.push({ kind: 'restart-scheduled', delayMs, restartCount })
    if (delayMs > 0) this.#commands.push({ kind: 'set-timer', timer: 'restart', delayMs })
    return new Failover(failure, this.#nowMs, delayMs)
  }

  #cancel(region: Region): void {
    this.#commands.push(...region.cancel(this.#options.taskCancellationTimeoutMs))
  }

  /** Takes the steps that became possible because a task is over or a delay is. */
  #advance(): void {
    if (this.#isEnding) this.#checkJobEnded()
    const failover = this.#failover
    if (failover === undefined) return
    for (const region of failover.regions) {
      if (region.state === 'canceling' && region.isOver) this.#prepareRestart(region)
    }
    if (!failover.isReady) return
    this.#failover = undefined
    for (const region of failover.regions) {
      for (const vertex of region.vertices) {
        this.executionGraph.resetForNewExecution(vertex)
        vertex.execution.schedule()
      }
      region.transitionTo('waiting')
    }
    this.#deployReadyRegions()
  }

  #prepareRestart(region: Region): void {
    region.transitionTo('restarting')
    for (const command of this.#coordinatedOperators.onRestarting(region.vertices)) {
      this.#commands.push({ kind: 'notify-job-host', command })
    }
    this.#release(
      region.places.filter(
        (place) => place.isUsed && !place.vertices.some((vertex) => vertex.execution.isDeployed),
      ),
    )
  }

  #checkRegionFinished(region: Region): void {
    if (!region.isFinished) {
      this.#checkRecovered()
      return
    }
    const failure = auditChannels(this.executionGraph, region.vertices)
    if (failure === undefined) this.#finish(region)
    else this.#fail(failure)
  }

  #finish(region: Region): void {
    region.transitionTo('finished')
    const done = region.places.filter((place) =>
      place.vertices.every((vertex) => this.#regionOf(vertex).state === 'finished'),
    )
    for (const place of done) place.isNeeded = false
    this.#release(done)
    this.#checkRecovered()
    if (this.#regions.every((each) => each.state === 'finished')) this.#transitionTo('FINISHED')
  }

  #checkRecovered(): void {
    if (!this.#isRecovering || this.#failover !== undefined || this.#isEnding) return
    if (!this.#regions.every((region) => region.isFullyRunning)) return
    this.#isRecovering = false
    this.#commands.push({ kind: 'recovered' })
  }

  #onTimerFired(timer: SchedulerTimer, cluster: SlotSummary): void {
    switch (timer) {
      case 'slot-request': {
        this.#isSlotTimerSet = false
        const missing = this.#missingSlotCount()
        if (missing === 0) return
        const needed = this.#slotPool.requirement().slotCount
        const waitedMs = this.#options.slotRequestTimeoutMs
        const failure = slotsMissing({ needed, missing }, cluster, waitedMs)
        this.#fail(failure)
        return
      }
      case 'restart':
        this.#failover?.onDelayOver()
        this.#advance()
        return
      default:
        this.#onCancellationTimedOut(timer)
    }
  }

  /**
   * Has the slot's thread ended, and with it what other regions run there. The tasks count as over
   * when the TaskManager says so, or is lost: until then an attempt may still be doing something.
   */
  #onCancellationTimedOut(attemptId: ExecutionAttemptId): void {
    const vertex = this.executionGraph.vertexOfAttempt(attemptId)
    if (vertex?.execution.state !== 'CANCELING') return
    const failure = cancellationTimedOut(vertex, this.#options.taskCancellationTimeoutMs)
    const { slot, vertices } = this.#slotPool.placeOf(vertex)
    if (slot === undefined) return
    this.#commands.push({ kind: 'terminate-slot', allocationId: slot.allocationId })
    const others = vertices.filter(({ execution }) => {
      return execution.isDeployed && execution.state !== 'CANCELING'
    })
    const regions = new Set(others.map((each) => this.#regionOf(each)))
    if (regions.size > 0) this.#failOver([...regions], failure, vertex)
    else this.#record(failure, vertex)
  }

  /** The job as a whole failed, for good. */
  #fail(failure: ErrorInfo): void {
    this.#record(failure, undefined)
    this.#end('FAILING', failure)
  }

  /** Ends all tasks, and the job with the last of them. */
  #end(status: 'FAILING' | 'CANCELLING', failure: ErrorInfo | undefined): void {
    this.#transitionTo(status)
    this.#failure = failure
    if (this.#failover !== undefined)
      this.#commands.push({ kind: 'cancel-timer', timer: 'restart' })
    this.#failover = undefined
    for (const place of this.#slotPool.places) place.isNeeded = false
    this.#declareRequirement()
    for (const region of this.#regions) this.#cancel(region)
    this.#checkJobEnded()
  }

  #checkJobEnded(): void {
    if (!this.executionGraph.vertices.every((vertex) => vertex.execution.isTerminal)) return
    this.#release(this.#slotPool.places)
    this.#transitionTo(this.#status === 'FAILING' ? 'FAILED' : 'CANCELED')
  }

  #release(places: readonly SlotPlace[]): void {
    const held = places.flatMap((place) => place.slot?.allocationId ?? [])
    for (const place of places) {
      if (place.slot !== undefined) this.#slotPool.vacate(place)
    }
    this.#declareRequirement()
    for (const allocationId of held) this.#commands.push({ kind: 'release-slot', allocationId })
  }

  #declareRequirement(): void {
    const requirement = this.#slotPool.requirement()
    this.#commands.push({ kind: 'declare-requirement', requirement })
  }

  #updateSlotTimer(): void {
    const isMissing = !this.#isEnding && this.#missingSlotCount() > 0
    if (isMissing === this.#isSlotTimerSet) return
    this.#isSlotTimerSet = isMissing
    const timer = 'slot-request'
    const delayMs = this.#options.slotRequestTimeoutMs
    this.#commands.push(
      isMissing ? { kind: 'set-timer', timer, delayMs } : { kind: 'cancel-timer', timer },
    )
  }

  /** Slots that regions wait for. */
  #missingSlotCount(): number {
    const waiting = this.#regions.filter((region) => region.state === 'waiting')
    const places = new Set(waiting.flatMap((region) => region.places))
    return [...places].filter((place) => place.slot === undefined).length
  }

  #record(failure: ErrorInfo, origin: ExecutionVertex | undefined): void {
    this.#isRecovering = true
    const taskName = origin?.taskName ?? ''
    const taskManagerId = origin?.execution.slot?.taskManagerId
    this.#commands.push({ kind: 'failure-recorded', failure, taskName, taskManagerId })
  }

  #transitionTo(status: JobStatus): void {
    this.#status = transition(jobStatusTransitions, this.#status, status)
    this.#commands.push({ kind: 'job-status-changed', status })
  }

  #regionOf(vertex: ExecutionVertex): Region {
    return this.#regions[vertex.regionIndex] as Region
  }

  get #isEnding(): boolean {
    return this.#status === 'FAILING' || this.#status === 'CANCELLING'
  }
}
