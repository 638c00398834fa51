import type {
  ChannelRestore,
  CheckpointPurpose,
  CheckpointReport,
  ExecutionAttemptId,
  OperatorRestore,
  SlotEvent,
  TaskDeployment,
  TaskRestore,
  TaskStateSnapshot,
} from '@millrace/core'
import type { SlotCluster } from './slot-cluster-test-support.ts'

type Acknowledgement = Extract<CheckpointReport, { kind: 'acknowledge-checkpoint' }>

interface CompletedTestCheckpoint {
  readonly checkpointId: number
  /** By vertex and subtask. */
  readonly snapshots: ReadonlyMap<string, TaskStateSnapshot>
}

/** What a JobMaster would do with the checkpoints of a cluster of slots. */
export class CheckpointDriver {
  readonly completed: CompletedTestCheckpoint[] = []
  readonly declined: Extract<CheckpointReport, { kind: 'decline-checkpoint' }>[] = []
  readonly acknowledgements: Acknowledgement[] = []
  readonly phases: Extract<CheckpointReport, { kind: 'checkpoint-phase' }>[] = []
  readonly atEnd: Set<ExecutionAttemptId> = new Set()
  /** One begins when the one before it is over. */
  isContinuous = false
  /** Completed checkpoints are told to the tasks. */
  isNotifying = true
  readonly #cluster: SlotCluster
  readonly #pending = new Map<number, Map<string, TaskStateSnapshot>>()
  readonly #finished = new Map<string, TaskStateSnapshot>()
  #nextId = 1

  constructor(cluster: SlotCluster) {
    this.#cluster = cluster
    cluster.onEvent = (event) => this.#onEvent(event)
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  isCompleted(checkpointId: number): boolean {
    return this.completed.some((checkpoint) => checkpoint.checkpointId === checkpointId)
  }

  /** Triggers the next at all tasks that have not finished; gives its id. */
  trigger(purpose: CheckpointPurpose = 'checkpoint'): number {
    const checkpointId = this.#nextId++
    this.#pending.set(checkpointId, new Map(this.#finished))
    const timestampMs = this.#cluster.clock.now()
    this.#cluster.command(this.#running(), (attemptIds) => ({
      kind: 'trigger-checkpoint',
      attemptIds,
      checkpointId,
      purpose,
      timestampMs,
    }))
    return checkpointId
  }

  triggerIfRunning(): void {
    const states = this.#cluster.statesOf()
    if (states.every((state) => state === 'RUNNING' || state === 'FINISHED')) {
      if (this.#running().length > 0) this.trigger()
    }
  }

  /** From now on there is always one under way, while the tasks run. */
  beContinuous(): false {
    this.isContinuous = true
    if (this.#pending.size === 0) this.triggerIfRunning()
    return false
  }

  /** Tells the tasks now what they were not told. */
  notifyLatest(): void {
    this.isNotifying = true
    const latest = this.completed.at(-1)
    if (latest !== undefined) this.#notify('notify-checkpoint-complete', latest.checkpointId)
  }

  /** Sources end as if their input had. */
  drain(): void {
    this.#cluster.command(this.#running(), (attemptIds) => ({ kind: 'drain-sources', attemptIds }))
  }

  abortOldest(): void {
    const [oldest] = this.#pending.keys()
    if (oldest !== undefined) this.abort(oldest)
  }

  abort(checkpointId: number): void {
    if (!this.#pending.delete(checkpointId)) return
    this.#notify('notify-checkpoint-aborted', checkpointId)
  }

  /** Cancels what runs, and deploys everything anew from the latest complete checkpoint. */
  async restart(): Promise<void> {
    this.#cluster.cancel()
    await this.#cluster.runToEnd()
    await this.#cluster.checkReleased()
    this.#pending.clear()
    this.#finished.clear()
    this.atEnd.clear()
    this.#cluster.deploy(undefined, (deployment) => this.restoreOf(deployment))
  }

  restoreOf(deployment: TaskDeployment): TaskRestore | undefined {
    const checkpoint = this.completed.at(-1)
    const snapshot = checkpoint?.snapshots.get(placeOf(deployment))
    if (checkpoint === undefined || snapshot === undefined) return undefined
    const { subtaskIndex, parallelism } = deployment
    const operators = snapshot.operators.map(
      ({ operatorId, keyed, operator }): OperatorRestore => ({
        operatorId,
        keyed: keyed === undefined ? [] : [keyed],
        operator: Array.from({ length: parallelism }, (_, index) =>
          index === subtaskIndex ? operator : undefined,
        ),
        droppedStates: [],
        renamedStates: [],
      }),
    )
    const { checkpointId } = checkpoint
    const channels = this.#channelsOf(deployment, checkpoint)
    return { checkpointId, operators, channels, isFinished: snapshot.isFinished }
  }

  /** What was on its way to the task: received first, then what was not sent. */
  #channelsOf(
    { vertexId, subtaskIndex }: TaskDeployment,
    { snapshots }: CompletedTestCheckpoint,
  ): readonly ChannelRestore[] {
    const all = [...snapshots.values()].flatMap(({ channels }) => channels)
    const received = all.filter(({ end }) => end === 'received')
    const ordered = [...received, ...all.filter(({ end }) => end === 'sent')]
    const edges = this.#cluster.job.jobGraph.edges.filter(({ target }) => target === vertexId)
    return ordered.flatMap((handle) => {
      const edge = edges.find(
        ({ sourceOperator, targetOperator, inputIndex }) =>
          sourceOperator === handle.sourceOperator &&
          targetOperator === handle.targetOperator &&
          inputIndex === handle.inputIndex,
      )
      if (edge === undefined || handle.consumerSubtask !== subtaskIndex) return []
      return { edgeIndex: edge.index, handle, isShared: false }
    })
  }

  #onEvent(event: SlotEvent): void {
    if (event.kind === 'acknowledge-checkpoint') this.#onAcknowledged(event)
    if (event.kind === 'checkpoint-phase') this.phases.push(event)
    if (event.kind === 'end-of-data-reached') this.#onEndOfData(event.attemptId)
    if (event.kind !== 'decline-checkpoint') return
    this.declined.push(event)
    this.abort(event.checkpointId)
    if (this.#isTriggerDue()) this.trigger()
  }

  #onAcknowledged(event: Acknowledgement): void {
    const { checkpointId, attemptId, snapshot } = event
    this.acknowledgements.push(event)
    const pending = this.#pending.get(checkpointId)
    const deployment = this.#cluster.deployments.find((other) => other.attemptId === attemptId)
    if (pending === undefined || deployment === undefined) return
    pending.set(placeOf(deployment), snapshot)
    if (pending.size < this.#cluster.deployments.length) return
    this.#pending.delete(checkpointId)
    // An older one that is still under way comes to nothing.
    for (const older of [...this.#pending.keys()]) if (older < checkpointId) this.abort(older)
    this.completed.push({ checkpointId, snapshots: pending })
    for (const [place, { isFinished }] of pending) {
      const finished = pending.get(place)
      // What was on its way then has arrived when it is FINISHED.
      if (isFinished && finished !== undefined) {
        this.#finished.set(place, { ...finished, channels: [] })
      }
    }
    this.#notify('notify-checkpoint-complete', checkpointId)
    if (this.#isTriggerDue()) this.trigger()
  }

  #onEndOfData(attemptId: ExecutionAttemptId): void {
    this.atEnd.add(attemptId)
    if (this.#isTriggerDue()) this.trigger()
  }

  #isTriggerDue(): boolean {
    if (this.#pending.size > 0) return false
    const unfinished = this.#cluster.deployments.filter(
      (deployment) => !this.#finished.has(placeOf(deployment)),
    )
    if (unfinished.length === 0) return false
    return this.isContinuous || unfinished.every(({ attemptId }) => this.atEnd.has(attemptId))
  }

  #running(): readonly ExecutionAttemptId[] {
    return this.#cluster.deployments
      .filter((deployment) => !this.#finished.has(placeOf(deployment)))
      .map(({ attemptId }) => attemptId)
  }

  #notify(
    kind: 'notify-checkpoint-complete' | 'notify-checkpoint-aborted',
    checkpointId: number,
  ): void {
    if (!this.isNotifying && kind === 'notify-checkpoint-complete') return
    const all = this.#cluster.deployments.map(({ attemptId }) => attemptId)
    this.#cluster.command(all, (attemptIds) => ({ kind, attemptIds, checkpointId }))
  }
}

function placeOf({ vertexId, subtaskIndex }: TaskDeployment): string {
  return `${vertexId}/${subtaskIndex}`
}
