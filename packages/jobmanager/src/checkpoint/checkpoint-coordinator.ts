import {
  type CheckpointReport,
  type CompletedCheckpoint,
  type CompletedVertex,
  type CoordinatorState,
  type ErrorInfo,
  type ExecutionAttemptId,
  type TaskRestore,
  type TaskStateSnapshot,
  unreachable,
} from '@millrace/core'
import {
  CompletedCheckpointStore,
  checkpointIdOfMetadata,
  checkpointMetadataName,
  filesOfSnapshot,
} from '@millrace/state'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import type { CheckpointOutbox, CheckpointTarget, CheckpointTimer } from './checkpoint-command.ts'
import {
  checkpointAborted,
  checkpointDeclined,
  checkpointExpired,
  checkpointFailuresExceeded,
  checkpointNotStored,
} from './checkpoint-failures.ts'
import type { CheckpointOptions } from './checkpoint-options.ts'
import { CheckpointSchedule } from './checkpoint-schedule.ts'
import { EndOfDataTracker } from './end-of-data-tracker.ts'
import type { RestoredCheckpoints } from './job-checkpoint-log.ts'
import { PendingCheckpoint } from './pending-checkpoint.ts'
import { taskRestore } from './task-restore.ts'

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
//  - Nothing is restored while a write is under way whose outcome would decide what.
//  - A file is deleted only when no retained, pending or running chain names it.

/** What became of a report: said as a value, since late ones are no fault. */
export type CheckpointReportAnswer = 'accepted' | 'duplicate' | 'unknown' | 'discarded'

/** After a failover, how long an outcome that is not known yet is waited for. */
const storeWaitMsMax = 10_000

/** Attempts whose files are looked for; those of others are left to `millrace checkpoint gc`. */
const overCountMax = 1_000

export class CheckpointCoordinator {
  readonly #executionGraph: ExecutionGraph
  readonly #options: CheckpointOptions
  readonly #hasCoordinators: boolean
  readonly #outbox: CheckpointOutbox
  readonly #store: CompletedCheckpointStore
  readonly #schedule: CheckpointSchedule
  readonly #endOfData = new EndOfDataTracker()
  /** The oldest first; those that are neither completed nor given up. */
  readonly #pending = new Map<number, PendingCheckpoint>()
  /** The latest that each attempt acknowledged, completed or not: its chain. */
  readonly #latestAcknowledged = new Map<ExecutionAttemptId, number>()
  /** Attempts that are over and may have written what nobody heard of. */
  readonly #over = new Set<ExecutionAttemptId>()
  /** Retained, but not to be restored. */
  readonly #damaged = new Set<number>()
  #nextCheckpointId: number
  #nowMs = 0
  #isWaitingForStore = false
  #failedInARow = 0
  #excess: ErrorInfo | undefined

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
    this.#store = new CompletedCheckpointStore(options.numRetained, restored.completed)
    this.#schedule = new CheckpointSchedule(options, outbox)
    const latestId = restored.completed.reduce((max, each) => Math.max(max, each.checkpointId), 0)
    this.#nextCheckpointId = Math.max(restored.nextCheckpointId, latestId + 1)
    this.#tellRestored()
  }

  /** What tasks begin with; undefined: with nothing. */
  get latest(): CompletedCheckpoint | undefined {
    return this.#store.retained.findLast(({ checkpointId }) => !this.#damaged.has(checkpointId))
  }

  /** The oldest first; damaged ones included. */
  get retained(): readonly CompletedCheckpoint[] {
    return this.#store.retained
  }

  get pending(): readonly PendingCheckpoint[] {
    return [...this.#pending.values()]
  }

  /** Whether a write is under way that decides what is restored next. */
  get isStoring(): boolean {
    return this.pending.some(({ state }) => state === 'storing')
  }

  /** More checkpoints failed in a row than the job allows: it is to fail over. Told once. */
  takeExcess(): ErrorInfo | undefined {
    const excess = this.#excess
    this.#excess = undefined
    return excess
  }

  restoreOf(vertex: ExecutionVertex): TaskRestore | undefined {
    const { latest } = this
    return latest === undefined ? undefined : taskRestore(latest, vertex)
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
    if (this.#schedule.isDue(nowMs, end === 'reached', hasRoom && !isAwaited)) {
      this.#trigger(nowMs, end === 'reached')
    }
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
      if (isOver && report.kind === 'acknowledge-checkpoint') this.#noteOver(attemptId)
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
    if (pending?.state !== 'storing') {
      // The job went on without it.
      this.#delete([checkpointMetadataName(checkpointId)])
      return
    }
    pending.complete()
    this.#failedInARow = 0
    this.#endOfData.onCompleted(pending.snapshots)
    // A damaged one must not take the place of one that can be restored.
    const damaged = [...this.#damaged].flatMap((id) => this.#store.discard(id))
    const names = [...damaged, ...this.#store.add(checkpoint)]
    this.#notify('notify-checkpoint-complete', checkpointId)
    this.#forget(pending)
    this.#delete(names)
    this.#deleteFilesOfOver()
  }

  onNotStored(checkpointId: number, failure: ErrorInfo, nowMs: number): void {
    this.#nowMs = nowMs
    const pending = this.#pending.get(checkpointId)
    if (pending?.state !== 'storing') return
    this.#giveUp(pending, checkpointNotStored(checkpointId, failure.message), true)
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

  /** Tasks do not go on: what they have not all acknowledged is given up. */
  abort(why: string, nowMs: number): void {
    this.#nowMs = nowMs
    for (const pending of this.pending) {
      const { checkpointId, isOpen } = pending
      if (isOpen) this.#giveUp(pending, checkpointAborted(checkpointId, why), false)
    }
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
      if (this.#latestAcknowledged.delete(attemptId)) this.#delete(this.#store.release(attemptId))
      this.#noteOver(attemptId)
    }
    this.#tellRestored()
  }

  /**
   * This checkpoint cannot be restored; the one before it is from now on. Returns whether that is
   * news.
   */
  onDamaged(checkpointId: number): boolean {
    const isKnown = this.#store.retained.some((each) => each.checkpointId === checkpointId)
    if (!isKnown || this.#damaged.has(checkpointId)) return false
    this.#damaged.add(checkpointId)
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

  #trigger(nowMs: number, isFinal: boolean): void {
    const checkpointId = this.#nextCheckpointId++
    const pending = new PendingCheckpoint(checkpointId, nowMs, isFinal)
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
    this.#notify('trigger-checkpoint', pending.checkpointId)
    this.#storeIfAcknowledged(pending)
  }

  /** Held from here on: an earlier checkpoint may bring a later snapshot of the same task. */
  #addFinished(pending: PendingCheckpoint, vertex: ExecutionVertex): void {
    const snapshot = this.#finishedSnapshotOf(vertex)
    this.#store.extend(holderOf(pending), namesOf(snapshot))
    pending.addFinished(vertex, snapshot)
  }

  #onAcknowledged(
    report: Extract<CheckpointReport, { kind: 'acknowledge-checkpoint' }>,
  ): CheckpointReportAnswer {
    const { attemptId, checkpointId, snapshot, metrics } = report
    if (checkpointId >= this.#nextCheckpointId) return 'unknown'
    const latest = this.#latestAcknowledged.get(attemptId) ?? 0
    if (checkpointId > latest) {
      this.#latestAcknowledged.set(attemptId, checkpointId)
      this.#delete(this.#store.hold(attemptId, namesOf(snapshot)))
    }
    const pending = this.#pending.get(checkpointId)
    if (pending === undefined) return 'discarded'
    if (!pending.acknowledge(attemptId, snapshot, metrics)) return 'duplicate'
    this.#store.extend(holderOf(pending), namesOf(snapshot))
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
    const { checkpointId, coordinators, metrics } = pending
    for (const earlier of this.pending) {
      if (earlier.checkpointId >= checkpointId || !earlier.isOpen) continue
      const why = `checkpoint ${checkpointId}, which is newer, has all its acknowledgements`
      const failure = checkpointAborted(earlier.checkpointId, why)
      this.#giveUp(earlier, failure, false)
    }
    pending.beginStoring()
    const vertices = this.#verticesOf(pending)
    const checkpoint = { checkpointId, vertices, coordinators, metrics }
    this.#cancelTimeout(checkpointId)
    this.#outbox.push({ kind: 'store-checkpoint', checkpoint })
  }

  #verticesOf({ snapshots }: PendingCheckpoint): readonly CompletedVertex[] {
    return this.#executionGraph.jobVertices.map(({ jobVertex, subtasks }) => ({
      vertexId: jobVertex.id,
      parallelism: jobVertex.parallelism,
      operators: jobVertex.operators.map(({ id, name }) => ({ operatorId: id, name })),
      subtasks: subtasks.map((vertex) => snapshots.get(vertex) ?? nothingLeft),
    }))
  }

  #onStoreWaitOver(): void {
    for (const pending of this.pending) {
      if (pending.state !== 'storing') continue
      const why =
        `its metadata was not written within ${storeWaitMsMax} ms after the job failed, ` +
        'which goes on from the checkpoint before.'
      this.#giveUp(pending, checkpointNotStored(pending.checkpointId, why), true)
    }
  }

  #giveUp(pending: PendingCheckpoint, failure: ErrorInfo, isFault: boolean): void {
    const { checkpointId } = pending
    pending.abort()
    this.#notify('notify-checkpoint-aborted', checkpointId)
    this.#outbox.push({ kind: 'checkpoint-failed', checkpointId, failure, isFault })
    this.#forget(pending)
    if (!isFault) return
    this.#schedule.onFailed(this.#nowMs)
    this.#failedInARow += 1
    const { tolerableFailedCheckpoints: tolerable } = this.#options
    if (tolerable === undefined || this.#failedInARow <= tolerable) return
    const count = this.#failedInARow
    this.#failedInARow = 0
    this.#excess = checkpointFailuresExceeded({ count, tolerable }, failure)
  }

  /** It is not pending any more; what acknowledgements named stays with attempts that run. */
  #forget(pending: PendingCheckpoint): void {
    this.#pending.delete(pending.checkpointId)
    this.#cancelTimeout(pending.checkpointId)
    this.#schedule.onEnded(this.#nowMs)
    this.#delete(this.#store.release(holderOf(pending)))
    if (!this.#isWaitingForStore || this.isStoring) return
    this.#isWaitingForStore = false
    this.#outbox.push({ kind: 'cancel-timer', timer: 'checkpoint-store' })
  }

  #cancelTimeout(checkpointId: number): void {
    const timer: CheckpointTimer = `checkpoint-timeout-${checkpointId}`
    this.#outbox.push({ kind: 'cancel-timer', timer })
  }

  #noteOver(attemptId: ExecutionAttemptId): void {
    this.#over.add(attemptId)
    const [oldest] = this.#over
    if (this.#over.size > overCountMax && oldest !== undefined) this.#over.delete(oldest)
  }

  /** Later than the attempts' ends: a write that was under way then has come to its end. */
  #deleteFilesOfOver(): void {
    for (const attemptId of this.#over) {
      const keptNames = this.#store.namedIn(attemptId)
      this.#outbox.push({ kind: 'delete-files-of-attempt', attemptId, keptNames })
    }
    this.#over.clear()
  }

  #delete(names: readonly string[]): void {
    if (names.length === 0) return
    const retained = new Set(this.#store.retained.map((each) => each.checkpointId))
    const checkpointIds = names.flatMap((name) => {
      const id = checkpointIdOfMetadata(name)
      return id === undefined || retained.has(id) ? [] : id
    })
    for (const id of checkpointIds) this.#damaged.delete(id)
    this.#outbox.push({ kind: 'delete-checkpoint-files', names, checkpointIds })
  }

  /** What a FINISHED task had: part of a completed checkpoint, or it would not be FINISHED. */
  #finishedSnapshotOf({ jobVertex, subtaskIndex }: ExecutionVertex): TaskStateSnapshot {
    const completed = this.latest?.vertices.find(({ vertexId }) => vertexId === jobVertex.id)
    const snapshot = completed?.subtasks[subtaskIndex]
    return snapshot?.isFinished === true ? snapshot : nothingLeft
  }

  #runningTasks(): readonly ExecutionVertex[] {
    return this.#executionGraph.vertices.filter(({ execution }) => execution.state === 'RUNNING')
  }

  #notify(
    kind: 'trigger-checkpoint' | 'notify-checkpoint-complete' | 'notify-checkpoint-aborted',
    checkpointId: number,
  ): void {
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
    this.#outbox.push({ kind, checkpointId, targets })
  }
}

/** A task that was over before there was any checkpoint. */
const nothingLeft: TaskStateSnapshot = { operators: [], isFinished: true }

function holderOf({ checkpointId }: PendingCheckpoint): string {
  return `checkpoint ${checkpointId}`
}

function namesOf(snapshot: TaskStateSnapshot): readonly string[] {
  return filesOfSnapshot(snapshot).map(({ name }) => name)
}
