import {
  type CheckpointMetrics,
  type CheckpointPhase,
  type CheckpointPurpose,
  type CoordinatorState,
  type ExecutionAttemptId,
  type TaskStateSnapshot,
  type TransitionTable,
  transition,
} from '@millrace/core'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'

/**
 * snapshotting-coordinators: the job host is asked for their state. acknowledging: the tasks were
 * triggered. saving: all acknowledged, and it is the last of a job that stops; its savepoint is
 * being written. storing: all acknowledged, `_metadata` is being written. completed: it is durable.
 * aborted: given up, whatever still comes of it.
 */
export type PendingCheckpointState =
  | 'snapshotting-coordinators'
  | 'acknowledging'
  | 'saving'
  | 'storing'
  | 'completed'
  | 'aborted'

const pendingCheckpointTransitions: TransitionTable<PendingCheckpointState> = {
  'snapshotting-coordinators': ['acknowledging', 'aborted'],
  acknowledging: ['saving', 'storing', 'aborted'],
  saving: ['storing', 'aborted'],
  storing: ['completed', 'aborted'],
  completed: [],
  aborted: [],
}

/** A task that has not acknowledged, and how far it is. */
export interface LateTask {
  readonly vertex: ExecutionVertex
  readonly phase: CheckpointPhase
}

/** One checkpoint from its trigger until it is completed or given up. Pure. */
export class PendingCheckpoint {
  readonly checkpointId: number
  /** By the clock that never goes back. */
  readonly triggeredAtMs: number
  readonly purpose: CheckpointPurpose
  /** Triggered when every task that runs had come to its end of data. */
  readonly isFinal: boolean
  readonly #late = new Map<ExecutionAttemptId, LateTask>()
  readonly #snapshots = new Map<ExecutionVertex, TaskStateSnapshot>()
  #state: PendingCheckpointState = 'snapshotting-coordinators'
  #coordinators: readonly CoordinatorState[] = []
  #metrics: CheckpointMetrics = noMetrics

  constructor(
    checkpointId: number,
    triggeredAtMs: number,
    purpose: CheckpointPurpose,
    isFinal: boolean,
  ) {
    this.checkpointId = checkpointId
    this.triggeredAtMs = triggeredAtMs
    this.purpose = purpose
    this.isFinal = isFinal
  }

  get state(): PendingCheckpointState {
    return this.#state
  }

  get coordinators(): readonly CoordinatorState[] {
    return this.#coordinators
  }

  /** By task, those that acknowledged. */
  get snapshots(): ReadonlyMap<ExecutionVertex, TaskStateSnapshot> {
    return this.#snapshots
  }

  get lateTasks(): readonly LateTask[] {
    return [...this.#late.values()]
  }

  get isFullyAcknowledged(): boolean {
    return this.#state === 'acknowledging' && this.#late.size === 0
  }

  /** Whether it may still be given up without anybody knowing of it. */
  get isOpen(): boolean {
    return this.#state !== 'storing' && this.#state !== 'completed' && this.#state !== 'aborted'
  }

  /** Bytes of all tasks together, and of each phase the longest that any of them took. */
  get metrics(): CheckpointMetrics {
    return this.#metrics
  }

  /** The coordinators' part is there; these tasks have to acknowledge. */
  beginAcknowledging(
    coordinators: readonly CoordinatorState[],
    tasks: readonly ExecutionVertex[],
  ): void {
    this.#transitionTo('acknowledging')
    this.#coordinators = coordinators
    for (const vertex of tasks) {
      this.#late.set(vertex.execution.attemptId, { vertex, phase: 'wait-for-barrier' })
    }
  }

  /** False: this attempt acknowledged before, or is none of the checkpoint's. */
  acknowledge(
    attemptId: ExecutionAttemptId,
    snapshot: TaskStateSnapshot,
    metrics: CheckpointMetrics,
  ): boolean {
    const late = this.#late.get(attemptId)
    if (late === undefined) return false
    this.#late.delete(attemptId)
    this.#metrics = together(this.#metrics, metrics)
    this.#snapshots.set(late.vertex, snapshot)
    return true
  }

  /** A task that is over takes part with what it had at its end. */
  addFinished(vertex: ExecutionVertex, snapshot: TaskStateSnapshot): void {
    this.#late.delete(vertex.execution.attemptId)
    this.#snapshots.set(vertex, snapshot)
  }

  onPhase(attemptId: ExecutionAttemptId, phase: CheckpointPhase): void {
    const late = this.#late.get(attemptId)
    if (late !== undefined) this.#late.set(attemptId, { ...late, phase })
  }

  isWaitingFor(attemptId: ExecutionAttemptId): boolean {
    return this.#late.has(attemptId)
  }

  beginSaving(): void {
    this.#transitionTo('saving')
  }

  beginStoring(): void {
    this.#transitionTo('storing')
  }

  complete(): void {
    this.#transitionTo('completed')
  }

  abort(): void {
    this.#transitionTo('aborted')
  }

  #transitionTo(state: PendingCheckpointState): void {
    this.#state = transition(pendingCheckpointTransitions, this.#state, state)
  }
}

const noMetrics: CheckpointMetrics = {
  barrierWaitMs: 0,
  alignmentMs: 0,
  sealMs: 0,
  encodeMs: 0,
  queueMs: 0,
  writeMs: 0,
  writtenBytes: 0,
  totalBytes: 0,
  persistedBytes: 0,
}

function together(one: CheckpointMetrics, other: CheckpointMetrics): CheckpointMetrics {
  return {
    barrierWaitMs: Math.max(one.barrierWaitMs, other.barrierWaitMs),
    alignmentMs: Math.max(one.alignmentMs, other.alignmentMs),
    sealMs: Math.max(one.sealMs, other.sealMs),
    encodeMs: Math.max(one.encodeMs, other.encodeMs),
    queueMs: Math.max(one.queueMs, other.queueMs),
    writeMs: Math.max(one.writeMs, other.writeMs),
    writtenBytes: one.writtenBytes + other.writtenBytes,
    totalBytes: one.totalBytes + other.totalBytes,
    persistedBytes: one.persistedBytes + other.persistedBytes,
  }
}
