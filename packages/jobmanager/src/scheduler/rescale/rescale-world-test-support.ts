import assert from 'node:assert/strict'
import {
  AllocationId,
  type CompletedCheckpoint,
  type ExecutionAttemptId,
  JobId,
  keyGroupRange,
  OperatorId,
  SeededRandom,
  type TaskDeployment,
  TaskManagerId,
} from '@millrace/core'
import type { RescaleCause, RescaleState } from '@millrace/rpc'
import {
  checkpointOptionsOfTest,
  metricsOfTest,
} from '../../checkpoint/coordinator/checkpoint-bench-test-support.ts'
import { noCheckpoints } from '../../checkpoint/executor/job-checkpoint-log.ts'
import { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import { sketchGraph } from '../../execution-graph/graph-sketch-test-support.ts'
import { FixedDelayRestartStrategy } from '../../failover/fixed-delay-restart-strategy.ts'
import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import { JobScheduler } from '../job-scheduler.ts'
import type { JobSchedulerCommand } from '../job-scheduler-command.ts'
import type { JobSchedulerEvent, SchedulerTimer } from '../job-scheduler-event.ts'
import { failure } from '../job-scheduler-test-support.ts'

const jobId = JobId.parse('a'.repeat(32))
const operatorIds = ['a', 'b'].map((name) => OperatorId.parse(`${name}-operator`))

/** A task that runs somewhere until it says that it does not. */
interface LiveTask {
  readonly deployment: TaskDeployment
  state: 'deployed' | 'running' | 'canceling'
}

/** `a` → `b` by key, both at the same parallelism. */
function graphAt(parallelism: number) {
  const vertices = ['a', 'b'].map((name) => ({ name, parallelism }))
  const graph = sketchGraph(vertices, [['a', 'b', 'hash']])
  return { ...graph, hash: `${parallelism}`.padStart(64, '0') }
}

/**
 * TaskManagers, checkpoint storage and timers of one job, for its scheduler. Nothing happens by
 * itself: a test says what is next. What must never be is asserted whenever it could come about.
 */
export class RescaleWorld {
  readonly scheduler: JobScheduler
  readonly states: RescaleState[] = []
  readonly slots: Map<AllocationId, AllocatedSlot> = new Map()
  readonly tasks: Map<ExecutionAttemptId, LiveTask> = new Map()
  readonly timers: Map<SchedulerTimer, number> = new Map()
  freeSlotCount: number
  nowMs: number = 0
  completedIds: number[] = []
  readonly #random = new SeededRandom(7)
  #required = 0
  #slotsMade = 0
  #triggered: number[] = []
  #toStore: CompletedCheckpoint[] = []
  #acknowledged = new Set<string>()
  /** Slots there were when it had waited for more for too long. */
  #shrinkTo = 0

  constructor(parallelism: number, slotCount: number) {
    this.freeSlotCount = slotCount
    this.scheduler = new JobScheduler(
      jobId,
      new ExecutionGraph(graphAt(parallelism), this.#random),
      [],
      new FixedDelayRestartStrategy({ attempts: 1e9, delayMs: 0 }),
      {
        slotRequestTimeoutMs: 300_000,
        taskCancellationTimeoutMs: 10_000,
        taskDeploymentTimeoutMs: 300_000,
        mayRunSmaller: true,
        awaitsFormerSlots: false,
        checkpoints: { ...checkpointOptionsOfTest, intervalMs: 60_000 },
        restored: noCheckpoints,
      },
    )
    this.handle({ kind: 'start' })
  }

  get parallelism(): number {
    return this.scheduler.executionGraph.jobVertices[0]?.subtasks.length ?? 0
  }

  get isRunningInFull(): boolean {
    const { vertices } = this.scheduler.executionGraph
    return vertices.every(({ execution }) => execution.state === 'RUNNING')
  }

  rescale(parallelism: number, cause: RescaleCause = 'requested'): void {
    const former = this.scheduler.executionGraph
    const executionGraph = new ExecutionGraph(
      graphAt(parallelism),
      this.#random,
      former.attemptNumberMax + 1,
    )
    const target = { cause, executionGraph, coordinated: [] }
    this.handle({ kind: 'rescale-requested', target })
  }

  handle(event: JobSchedulerEvent): void {
    for (const command of this.scheduler.handle(event, this.nowMs)) this.#execute(command)
  }

  /** All the slots that are missing, if there are as many; true where some were offered. */
  offerSlots(): boolean {
    const missing = this.#required - this.slots.size
    if (missing <= 0 || missing > this.freeSlotCount) return false
    for (let i = 0; i < missing; i++) {
      this.freeSlotCount--
      const slotIndex = this.#slotsMade++
      const taskManagerId = TaskManagerId.parse(`tm-${slotIndex}`)
      const allocationId = AllocationId.random(this.#random)
      const dataAddress = `tm-${slotIndex}:1`
      const slot = { allocationId, taskManagerId, slotIndex: 0, dataAddress }
      this.slots.set(allocationId, slot)
      this.handle({ kind: 'slot-offered', slot })
    }
    return true
  }

  /** A step of a task: it runs, or ends where it was told to; false: there is nothing it could do. */
  advanceTask(index: number): boolean {
    const able = [...this.tasks.values()].filter(({ state }) => state !== 'running')
    const task = able[index % Math.max(1, able.length)]
    if (task === undefined) return false
    if (task.state === 'deployed') {
      task.state = 'running'
      this.#report(task, 'RUNNING')
    } else {
      this.#end(task, 'CANCELED')
    }
    return true
  }

  failTask(index: number): boolean {
    const task = [...this.tasks.values()][index % Math.max(1, this.tasks.size)]
    if (task === undefined) return false
    this.#end(task, 'FAILED')
    return true
  }

  /** A TaskManager is gone with its slot, and another may come. */
  loseSlot(index: number): boolean {
    const slot = [...this.slots.values()][index % Math.max(1, this.slots.size)]
    if (slot === undefined) return false
    const { allocationId } = slot
    this.slots.delete(allocationId)
    this.freeSlotCount++
    for (const [id, { deployment }] of this.tasks) {
      if (deployment.allocationId === allocationId) this.tasks.delete(id)
    }
    const lost = failure('TASK_MANAGER_LOST')
    this.handle({ kind: 'slots-lost', allocationIds: [allocationId], failure: lost })
    return true
  }

  /** One task acknowledges one checkpoint it was triggered for. */
  acknowledge(): boolean {
    for (const checkpointId of this.#triggered) {
      for (const { deployment, state } of this.tasks.values()) {
        const key = `${checkpointId} ${deployment.attemptId}`
        if (state !== 'running' || this.#acknowledged.has(key)) continue
        this.#acknowledged.add(key)
        const { attemptId, vertexId, subtaskIndex, parallelism } = deployment
        const operatorId = OperatorId.parse(`${vertexId}-operator`)
        const keyGroups = keyGroupRange(subtaskIndex, parallelism)
        const keyed = { keyGroups, segments: [] }
        const operators = [{ operatorId, keyed, operator: undefined }]
        const snapshot = { operators, channels: [], isFinished: false }
        const kind = 'acknowledge-checkpoint'
        const metrics = metricsOfTest
        const report = { kind, jobId, attemptId, checkpointId, snapshot, metrics } as const
        this.handle({ kind: 'checkpoint-report', report })
        return true
      }
    }
    return false
  }

  store(isStored = true): boolean {
    const checkpoint = this.#toStore.shift()
    if (checkpoint === undefined) return false
    const { checkpointId } = checkpoint
    if (isStored) {
      this.completedIds.push(checkpointId)
      this.handle({ kind: 'checkpoint-stored', checkpoint })
    } else {
      const why = failure('FILE_WRITE_FAILED')
      this.handle({ kind: 'checkpoint-not-stored', checkpointId, failure: why })
    }
    return true
  }

  /** The next timer that is due, with the time that it takes. */
  fireTimer(): boolean {
    const [next] = [...this.timers].sort(([, left], [, right]) => left - right)
    if (next === undefined) return false
    const [timer, dueMs] = next
    this.timers.delete(timer)
    this.nowMs = Math.max(this.nowMs, dueMs)
    const slotCount = this.freeSlotCount + this.slots.size
    const { freeSlotCount } = this
    const cluster = { taskManagerCount: 1, slotCount, freeSlotCount, startingSlotCount: 0 }
    this.handle({ kind: 'timer-fired', timer, cluster })
    return true
  }

  /** Answers 'slots-missing', if it is not answered: with as many as there were. */
  shrink(): boolean {
    const parallelism = this.#shrinkTo
    this.#shrinkTo = 0
    if (parallelism > 0) this.rescale(parallelism, 'slots-missing')
    return parallelism > 0
  }

  /** Whatever can go on does, until nothing is left but to let time pass. */
  settle(): void {
    for (let i = 0; i < 10_000; i++) {
      const hasStepped =
        this.offerSlots() ||
        this.shrink() ||
        this.advanceTask(0) ||
        this.acknowledge() ||
        this.store()
      if (!hasStepped) return
    }
    assert.fail('it never comes to rest')
  }

  #execute(command: JobSchedulerCommand): void {
    switch (command.kind) {
      case 'declare-requirement':
        this.#required = command.requirement.slotCount
        return
      case 'release-slot':
        if (this.slots.delete(command.allocationId)) this.freeSlotCount++
        for (const { deployment } of this.tasks.values()) {
          assert.notEqual(deployment.allocationId, command.allocationId, 'returned while in use')
        }
        return
      case 'submit-task':
        this.#submit(command.deployment)
        return
      case 'cancel-task': {
        const task = this.tasks.get(command.attemptId)
        if (task !== undefined) task.state = 'canceling'
        return
      }
      case 'set-timer':
        this.timers.set(command.timer, this.nowMs + command.delayMs)
        return
      case 'cancel-timer':
        this.timers.delete(command.timer)
        return
      case 'trigger-checkpoint':
        this.#triggered.push(command.checkpointId)
        return
      case 'notify-checkpoint-aborted':
        this.#triggered = this.#triggered.filter((id) => id !== command.checkpointId)
        return
      case 'store-checkpoint': {
        const { checkpointId, vertices, coordinators } = command.checkpoint
        const times = { epoch: 0, triggeredAtMs: 0, completedAtMs: 0 }
        const checkpoint = { jobId, jobName: 'job', checkpointId, ...times, vertices, coordinators }
        this.#toStore.push({ kind: 'checkpoint', ...checkpoint })
        return
      }
      case 'slots-missing':
        this.#shrinkTo = command.slotCount
        return
      case 'rescale-changed':
        this.states.push(command.progress.state)
        return
      default:
    }
  }

  /** No key group has two owners, of whatever graph; what is restored is all there is of it. */
  #submit(deployment: TaskDeployment): void {
    const { vertexId, subtaskIndex, parallelism, restore, attemptId } = deployment
    assert.ok(this.slots.has(deployment.allocationId), `${attemptId} is sent to a foreign slot`)
    const own = keyGroupRange(subtaskIndex, parallelism)
    for (const { deployment: other } of this.tasks.values()) {
      assert.equal(other.parallelism, parallelism, 'tasks of two graphs at a time')
      if (other.vertexId !== vertexId) continue
      assert.notEqual(other.subtaskIndex, subtaskIndex, `${vertexId} ${subtaskIndex} runs twice`)
    }
    assert.equal(restore?.checkpointId, this.completedIds.at(-1), 'not from the latest checkpoint')
    for (const { operatorId, keyed } of restore?.operators ?? []) {
      assert.ok(operatorIds.includes(operatorId))
      let next = own.start
      for (const { keyGroups } of keyed) {
        assert.equal(Math.max(own.start, keyGroups.start), next)
        next = Math.min(own.end, keyGroups.end)
      }
      assert.equal(next, own.end)
    }
    this.tasks.set(attemptId, { deployment, state: 'deployed' })
  }

  #end(task: LiveTask, state: 'CANCELED' | 'FAILED'): void {
    this.tasks.delete(task.deployment.attemptId)
    this.#report(task, state)
  }

  #report({ deployment }: LiveTask, state: 'RUNNING' | 'CANCELED' | 'FAILED'): void {
    const { attemptId } = deployment
    const why = state === 'FAILED' ? failure('USER_FUNCTION_FAILED') : undefined
    this.handle({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure: why, channelCounts: [], slotEnded: false },
    })
  }
}
