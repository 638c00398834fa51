import {
  assert,
  type CheckpointPurpose,
  type CheckpointReport,
  type CompletedCheckpoint,
  type CoordinatorState,
  type ErrorInfo,
  type SavepointId,
  type TaskRestore,
  unreachable,
} from '@millrace/core'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { CheckpointOptions } from '../checkpoint-options.ts'
import type { RestoredCheckpoints } from '../executor/job-checkpoint-log.ts'
import { hasFixedEdges } from '../restore/channel-assignment.ts'
import { StateAssignment } from '../restore/state-assignment.ts'
import type {
  AcknowledgedCheckpoint,
  CheckpointOutbox,
  CheckpointTarget,
  CheckpointTimer,
} from './checkpoint-command.ts'
import {
  checkpointAborted,
  checkpointDeclined,
  checkpointExpired,
  checkpointNotStored,
  storingTakesTooLong,
} from './checkpoint-failures.ts'
import { CheckpointSchedule } from './checkpoint-schedule.ts'
import { type EndOfDataState, EndOfDataTracker } from './end-of-data-tracker.ts'
import { FailuresInARow } from './failures-in-a-row.ts'
import { PendingCheckpoint } from './pending-checkpoint.ts'
import { RetainedCheckpoints } from './retained-checkpoints.ts'
import { SavepointCoordinator } from './savepoint-coordinator.ts'
import { completedVertices, finishedSnapshot } from './vertex-snapshots.ts'

// The checkpoints of one job. Pure: takes events and the time, gives commands to its outbox.
//
// Invariants
//  - Ids only grow, over restarts of the JobManager too; one that was given up is not used again.
//  - A checkpoint is triggered only while every task is RUNNING or FINISHED, and completes iff each
//    of them acknowledged it, once, or was FINISHED with a snapshot that a completed one has.
//  - Coordinators are snapshotted before any task is triggered.
//  - Checkpoints are stored in the order of their ids, one at a time: one that has all its
//    acknowledgements gives up those before it that have not.
//  - Completion is notified only when `_metadata` is durable, and only of what is still wanted.
//  - Nothing is restored while a write is under way whose outcome would decide what; one that takes
//    too long is given up for good, whatever comes of it.
//  - A file is deleted only when no retained, pending or running chain names it.

/** What became of a report: said as a value, since late ones are no fault. */
export type CheckpointReportAnswer = 'accepted' | 'duplicate' | 'unknown' | 'discarded'

/** After a failover, how long an outcome that is not known yet is waited for. */
const storeWaitMsMax = 10_000

export class CheckpointCoordinator {
  readonly #options: CheckpointOptions
  #executionGraph: ExecutionGraph
  #hasCoordinators: boolean
  readonly #outbox: CheckpointOutbox
  readonly #retained: RetainedCheckpoints
  readonly #schedule: CheckpointSchedule
  readonly #failures: FailuresInARow
  readonly #endOfData = new EndOfDataTracker()
  readonly savepoints: SavepointCoordinator
  /** The oldest first; those that are neither completed nor given up. */
  readonly #pending = new Map<number, PendingCheckpoint>()
  /** Of the checkpoint that was restored last. */
  #assignment: StateAssignment | undefined
  #nextCheckpointId: number
  #nowMs = 0
  #isWaitingForStore = false
  #isRequested = false

  constructor(
    executionGraph: ExecutionGraph,
    hasCoordinators: boolean,
    options: CheckpointOptions,
    restored: RestoredCheckpoints,
    outbox: CheckpointOutbox,
  ) {
    this.#executionGraph = executionGraph
    this.#hasCoordinators = hasCoordinators
    this.#options = options
    this.#outbox = outbox
    const { completed, abandoned = [] } = restored
    this.#retained = new RetainedCheckpoints(options.numRetained, completed, abandoned, outbox)
    this.savepoints = new SavepointCoordinator(this.#retained, outbox)
    this.#schedule = new CheckpointSchedule(options, outbox)
    this.#failures = new FailuresInARow(options.tolerableFailedCheckpoints)
    const latestId = completed.reduce((max, each) => Math.max(max, each.checkpointId), 0)
    this.#nextCheckpointId = Math.max(restored.nextCheckpointId, latestId + 1)
    this.#tellRestored()
  }

  /** What tasks begin with; undefined: with nothing. */
  get latest(): CompletedCheckpoint | undefined {
    return this.#retained.latest
  }

  /** The oldest first; damaged ones included. */
  get retained(): readonly CompletedCheckpoint[] {
    return this.#retained.all
  }

  get pending(): readonly PendingCheckpoint[] {
    return [...this.#pending.values()]
  }

  /** Whether a write is under way that decides what is restored next. */
  get isStoring(): boolean {
    return this.pending.some(({ state }) => state === 'storing')
  }

  /**
   * More checkpoints failed in a row than the job allows, or what its sources had ended for: all of
   * it is to fail over. Told once.
   */
  takeExcess(): ErrorInfo | undefined {
    return this.#failures.takeExcess() ?? this.savepoints.takeDrainFailure()
  }

  restoreOf({ jobVertex, subtaskIndex }: ExecutionVertex): TaskRestore | undefined {
    const { latest } = this
    if (latest === undefined) return undefined
    if (this.#assignment?.checkpoint !== latest) {
      this.#assignment = new StateAssignment(latest, this.#executionGraph.graph)
    }
    const restore = this.#assignment.restoreOf({ vertexId: jobVertex.id, subtaskIndex })
    return this.savepoints.isStopping ? { ...restore, isFinished: true } : restore
  }

  /** Triggers what is due. `isRunning`: the job is, and nothing of it restarts. */
  advance(nowMs: number, isRunning: boolean): void {
    this.#nowMs = nowMs
    const { vertices } = this.#executionGraph
    const states = vertices.map(({ execution }) => execution.state)
    const isReady =
      isRunning &&
      states.includes('RUNNING') &&
      states.every((state) => state === 'RUNNING' || state === 'FINISHED')
    if (!isReady) {
      this.#schedule.suspend()
      return
    }
    const end = this.#endOfData.stateOf(vertices)
    const hasRoom = this.#pending.size < this.#options.maxConcurrentCheckpoints
    const isAwaited = end === 'finishing' || (end === 'reached' && this.#hasFinal)
    this.#advanceSavepoint(end)
    const isAllowed = hasRoom && !isAwaited && !this.savepoints.holdsBackOthers(end)
    const isDue = this.#schedule.isDue(nowMs, end === 'reached', isAllowed)
    if (!isDue && !(this.#isRequested && isAllowed)) return
    // What is asked for is to fit another parallelism.
    const isAligned = this.#isRequested && hasFixedEdges(this.#executionGraph.graph)
    this.#trigger(nowMs, end === 'reached', isAligned ? 'savepoint' : 'checkpoint')
  }

  /**
   * Asks for a checkpoint as soon as there is room for one, whatever the interval and the pause
   * say; `advance` triggers it. Returns the least id that answers the request.
   */
  requestNow(): number {
    this.#isRequested = true
    return this.#nextCheckpointId
  }

  /** What became of a request whose answer has this id or a later one. */
  outcomeOf(firstId: number): 'awaited' | 'completed' | 'failed' {
    if ((this.latest?.checkpointId ?? 0) >= firstId) return 'completed'
    const isPending = this.pending.some(({ checkpointId }) => checkpointId >= firstId)
    return this.#isRequested || isPending ? 'awaited' : 'failed'
  }

  onTaskFinished(vertex: ExecutionVertex, nowMs: number): void {
    this.#nowMs = nowMs
    for (const pending of this.pending) {
      if (!pending.isWaitingFor(vertex.execution.attemptId)) continue
      this.#addFinished(pending, vertex)
      this.#storeIfAcknowledged(pending)
    }
  }

  onCoordinatorsSnapshotted(
    checkpointId: number,
    states: readonly CoordinatorState[],
    nowMs: number,
  ): void {
    this.#nowMs = nowMs
    const pending = this.#pending.get(checkpointId)
    if (pending?.state === 'snapshotting-coordinators') this.#triggerTasks(pending, states)
  }

  onReport(report: CheckpointReport, nowMs: number): CheckpointReportAnswer {
    this.#nowMs = nowMs
    const { attemptId } = report
    const vertex = this.#executionGraph.vertexOfAttempt(attemptId)
    if (vertex === undefined || !vertex.execution.isDeployed) {
      const isOver = vertex === undefined || vertex.execution.isTerminal
      if (isOver && report.kind === 'acknowledge-checkpoint') this.#retained.noteOver(attemptId)
      return 'unknown'
    }
    switch (report.kind) {
      case 'end-of-data-reached':
        return this.#endOfData.onReached(attemptId) ? 'accepted' : 'duplicate'
      case 'checkpoint-phase':
        this.#pending.get(report.checkpointId)?.onPhase(attemptId, report.phase)
        return 'accepted'
      case 'acknowledge-checkpoint':
        return this.#onAcknowledged(report)
      case 'decline-checkpoint':
        return this.#onDeclined(report, vertex)
      default:
        return unreachable(report)
    }
  }

  onStored(checkpoint: CompletedCheckpoint, nowMs: number): void {
    this.#nowMs = nowMs
    const { checkpointId } = checkpoint
    const pending = this.#pending.get(checkpointId)
    assert(pending?.state === 'storing', `checkpoint ${checkpointId} was stored, and not awaited`)
    pending.complete()
    const { triggeredAtMs, metrics } = pending
    const taskMs = metrics.sealMs + metrics.encodeMs
    this.#schedule.onCompleted({ durationMs: nowMs - triggeredAtMs, taskMs })
    this.#failures.onCompleted()
    this.#endOfData.onCompleted(pending.snapshots)
    const unnamed = this.#retained.add(checkpoint)
    this.#notify('notify-checkpoint-complete', checkpointId)
    this.#forget(pending)
    this.savepoints.onStored(checkpoint, this.#acknowledged(pending))
    this.#retained.releasePending(checkpointId)
    this.#retained.delete(unnamed)
    this.#retained.deleteFilesOfOver()
  }

  onNotStored(checkpointId: number, failure: ErrorInfo, nowMs: number): void {
    this.#nowMs = nowMs
    const pending = this.#pending.get(checkpointId)
    if (pending?.state !== 'storing') return
    this.#giveUp(pending, checkpointNotStored(checkpointId, failure.message), true)
  }

  /** `failure`: why it is not written. */
  onSavepointAnswered(
    savepointId: SavepointId,
    failure: ErrorInfo | undefined,
    nowMs: number,
  ): void {
    this.#nowMs = nowMs
    const checkpointId = this.savepoints.onAnswered(savepointId, failure)
    const pending = checkpointId === undefined ? undefined : this.#pending.get(checkpointId)
    if (pending?.state !== 'saving') return
    if (failure === undefined) this.#store(pending)
    else this.#giveUp(pending, failure, true)
  }

  onTimerFired(timer: CheckpointTimer, nowMs: number): void {
    this.#nowMs = nowMs
    switch (timer) {
      case 'checkpoint-trigger':
        this.#schedule.onTimerFired()
        return
      case 'checkpoint-store':
        this.#onStoreWaitOver()
        return
      default: {
        const pending = this.#pending.get(Number(timer.slice('checkpoint-timeout-'.length)))
        if (pending?.isOpen !== true) return
        const { length } = this.#executionGraph.vertices
        const failure = checkpointExpired(pending, this.#options.timeoutMs, length)
        this.#giveUp(pending, failure, true)
      }
    }
  }

  /** Tasks do not go on: what they have not all acknowledged is given up, and requests. */
  abort(why: string, nowMs: number): void {
    this.#nowMs = nowMs
    this.#isRequested = false
    for (const pending of this.pending) {
      const { checkpointId, isOpen } = pending
      if (isOpen) this.#giveUp(pending, checkpointAborted(checkpointId, why), false)
    }
    this.savepoints.abort(why)
    if (!this.isStoring || this.#isWaitingForStore) return
    this.#isWaitingForStore = true
    const timer = 'checkpoint-store'
    this.#outbox.push({ kind: 'set-timer', timer, delayMs: storeWaitMsMax })
  }

  /** The attempts of these tasks are over and others will take their place. */
  onRestarting(vertices: readonly ExecutionVertex[]): void {
    for (const { execution } of vertices) {
      const { attemptId } = execution
      this.#endOfData.forget(attemptId)
      this.#retained.releaseAttempt(attemptId)
    }
    this.#tellRestored()
  }

  /**
   * The job goes on with this graph, and with what there is of checkpoints. All tasks of the one
   * before are over, nothing is pending.
   */
  useGraph(executionGraph: ExecutionGraph, hasCoordinators: boolean): void {
    this.onRestarting(this.#executionGraph.vertices)
    this.#executionGraph = executionGraph
    this.#hasCoordinators = hasCoordinators
    this.#assignment = undefined
  }

  /**
   * This checkpoint cannot be restored; the one before it is from now on. Returns whether that is
   * news.
   */
  onDamaged(checkpointId: number): boolean {
    if (!this.#retained.markDamaged(checkpointId)) return false
    this.savepoints.onDamaged()
    this.#outbox.push({ kind: 'checkpoint-damaged', checkpointId })
    return true
  }

  #tellRestored(): void {
    const { latest } = this
    if (latest === undefined) return
    this.#outbox.push({ kind: 'checkpoint-restored', checkpointId: latest.checkpointId })
  }

  get #hasFinal(): boolean {
    return this.pending.some(({ isFinal }) => isFinal)
  }

  #advanceSavepoint(end: EndOfDataState): void {
    const savepoint = this.savepoints.current
    const step = savepoint?.stepAt(end)
    if (savepoint === undefined || step === undefined) return
    if (step === 'trigger') {
      savepoint.trigger(this.#nextCheckpointId)
      this.#trigger(this.#nowMs, end === 'reached', savepoint.purpose)
    } else {
      savepoint.drain()
      this.#outbox.push({ kind: 'drain-sources', targets: this.#targets() })
    }
  }

  #trigger(nowMs: number, isFinal: boolean, purpose: CheckpointPurpose = 'checkpoint'): void {
    this.#isRequested = false
    const checkpointId = this.#nextCheckpointId++
    const pending = new PendingCheckpoint(checkpointId, nowMs, purpose, isFinal)
    this.#pending.set(checkpointId, pending)
    this.#schedule.onTriggered(nowMs)
    const timer: CheckpointTimer = `checkpoint-timeout-${checkpointId}`
    this.#outbox.push(
      { kind: 'checkpoint-began', checkpointId },
      { kind: 'set-timer', timer, delayMs: this.#options.timeoutMs },
    )
    if (this.#hasCoordinators) this.#outbox.push({ kind: 'snapshot-coordinators', checkpointId })
    else this.#triggerTasks(pending, [])
  }

  #triggerTasks(pending: PendingCheckpoint, coordinators: readonly CoordinatorState[]): void {
    const { vertices } = this.#executionGraph
    const finished = vertices.filter(({ execution }) => execution.state === 'FINISHED')
    pending.beginAcknowledging(coordinators, this.#runningTasks())
    for (const vertex of finished) this.#addFinished(pending, vertex)
    const { checkpointId, purpose } = pending
    const targets = this.#targets()
    this.#outbox.push({ kind: 'trigger-checkpoint', checkpointId, purpose, targets })
    this.#storeIfAcknowledged(pending)
  }

  /** Held from here on: an earlier checkpoint may bring a later snapshot of the same task. */
  #addFinished(pending: PendingCheckpoint, vertex: ExecutionVertex): void {
    const snapshot = finishedSnapshot(vertex, this.latest)
    this.#retained.holdForPending(pending.checkpointId, snapshot)
    pending.addFinished(vertex, snapshot)
  }

  #onAcknowledged(
    report: Extract<CheckpointReport, { kind: 'acknowledge-checkpoint' }>,
  ): CheckpointReportAnswer {
    const { attemptId, checkpointId, snapshot, metrics } = report
    if (checkpointId >= this.#nextCheckpointId) return 'unknown'
    this.#retained.holdForAttempt(attemptId, checkpointId, snapshot)
    const pending = this.#pending.get(checkpointId)
    if (pending === undefined) return 'discarded'
    if (!pending.acknowledge(attemptId, snapshot, metrics)) return 'duplicate'
    this.#retained.holdForPending(checkpointId, snapshot)
    this.#storeIfAcknowledged(pending)
    return 'accepted'
  }

  #onDeclined(
    report: Extract<CheckpointReport, { kind: 'decline-checkpoint' }>,
    vertex: ExecutionVertex,
  ): CheckpointReportAnswer {
    const { attemptId, checkpointId, failure } = report
    const pending = this.#pending.get(checkpointId)
    if (pending === undefined) return 'discarded'
    if (!pending.isWaitingFor(attemptId)) return 'duplicate'
    this.#giveUp(pending, checkpointDeclined(checkpointId, vertex, failure), true)
    return 'accepted'
  }

  #storeIfAcknowledged(pending: PendingCheckpoint): void {
    if (!pending.isFullyAcknowledged) return
    const { checkpointId } = pending
    for (const earlier of this.pending) {
      if (earlier.checkpointId >= checkpointId || !earlier.isOpen) continue
      const why = `checkpoint ${checkpointId}, which is newer, has all its acknowledgements`
      const failure = checkpointAborted(earlier.checkpointId, why)
      this.#giveUp(earlier, failure, false)
    }
    this.#cancelTimeout(checkpointId)
    if (this.savepoints.writesBeforeStored(this.#acknowledged(pending))) pending.beginSaving()
    else this.#store(pending)
  }

  #store(pending: PendingCheckpoint): void {
    pending.beginStoring()
    this.#outbox.push({ kind: 'store-checkpoint', checkpoint: this.#acknowledged(pending) })
  }

  #acknowledged(pending: PendingCheckpoint): AcknowledgedCheckpoint {
    const { checkpointId, coordinators, metrics, snapshots } = pending
    const vertices = completedVertices(this.#executionGraph, snapshots)
    return { checkpointId, vertices, coordinators, metrics }
  }

  #onStoreWaitOver(): void {
    for (const { checkpointId, state } of this.pending) {
      if (state !== 'storing') continue
      const failure = storingTakesTooLong(checkpointId, storeWaitMsMax)
      this.#outbox.push({ kind: 'give-up-storing', checkpointId, failure })
    }
  }

  #giveUp(pending: PendingCheckpoint, failure: ErrorInfo, isFault: boolean): void {
    const { checkpointId } = pending
    const wasStoring = pending.state === 'storing'
    pending.abort()
    this.#notify('notify-checkpoint-aborted', checkpointId)
    this.#outbox.push({ kind: 'checkpoint-failed', checkpointId, failure, isFault })
    this.#forget(pending)
    if (wasStoring) this.#retained.abandonPending(checkpointId)
    else this.#retained.releasePending(checkpointId)
    const isOfSavepoint = this.savepoints.onGivenUp(checkpointId, failure)
    if (!isFault) return
    this.#schedule.onFailed(this.#nowMs)
    if (!isOfSavepoint) this.#failures.onFailed(failure)
  }

  /** It is not pending any more. */
  #forget(pending: PendingCheckpoint): void {
    this.#pending.delete(pending.checkpointId)
    this.#cancelTimeout(pending.checkpointId)
    this.#schedule.onEnded(this.#nowMs)
    if (!this.#isWaitingForStore || this.isStoring) return
    this.#isWaitingForStore = false
    this.#outbox.push({ kind: 'cancel-timer', timer: 'checkpoint-store' })
  }

  #cancelTimeout(checkpointId: number): void {
    const timer: CheckpointTimer = `checkpoint-timeout-${checkpointId}`
    this.#outbox.push({ kind: 'cancel-timer', timer })
  }

  #runningTasks(): readonly ExecutionVertex[] {
    return this.#executionGraph.vertices.filter(({ execution }) => execution.state === 'RUNNING')
  }

  #notify(
    kind: 'notify-checkpoint-complete' | 'notify-checkpoint-aborted',
    checkpointId: number,
  ): void {
    this.#outbox.push({ kind, checkpointId, targets: this.#targets() })
  }

  /** The tasks that run. */
  #targets(): readonly CheckpointTarget[] {
    const byTaskManager = Map.groupBy(
      this.#runningTasks(),
      ({ execution }) => execution.slot?.taskManagerId,
    )
    const targets: CheckpointTarget[] = []
    for (const [taskManagerId, vertices] of byTaskManager) {
      if (taskManagerId === undefined) continue
      const attemptIds = vertices.map(({ execution }) => execution.attemptId)
      targets.push({ taskManagerId, attemptIds })
    }
    return targets
  }
}
