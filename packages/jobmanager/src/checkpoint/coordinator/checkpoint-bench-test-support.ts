import assert from 'node:assert/strict'
import {
  type CheckpointMetrics,
  type CompletedCheckpoint,
  type ErrorInfo,
  JobId,
  OperatorId,
  SavepointId,
  type TaskStateSnapshot,
} from '@millrace/core'
import type { SavepointGoal } from '@millrace/rpc'
import type { EdgeSketch, VertexSketch } from '../../execution-graph/graph-sketch-test-support.ts'
import type { JobSchedulerCommand } from '../../scheduler/job-scheduler-command.ts'
import { Bench, failure, pair, shuffle } from '../../scheduler/job-scheduler-test-support.ts'
import type { CheckpointOptions } from '../checkpoint-options.ts'
import type { RestoredCheckpoints } from '../executor/job-checkpoint-log.ts'

export const savepointIdOfTest: string = 'f'.repeat(12)

export const checkpointOptionsOfTest: CheckpointOptions = {
  intervalMs: 1_000,
  maxReplayMs: 10_000,
  timeoutMs: 10_000,
  minPauseMs: 0,
  maxConcurrentCheckpoints: 1,
  tolerableFailedCheckpoints: undefined,
  numRetained: 2,
  retention: 'DELETE_ON_CANCELLATION',
}

export const metricsOfTest: CheckpointMetrics = {
  barrierWaitMs: 0,
  alignmentMs: 0,
  sealMs: 0,
  encodeMs: 0,
  queueMs: 0,
  writeMs: 0,
  writtenBytes: 10,
  totalBytes: 100,
  persistedBytes: 0,
}

export interface CheckpointBenchOptions {
  readonly options?: Partial<CheckpointOptions>
  readonly coordinated?: readonly string[]
  readonly restored?: RestoredCheckpoints
}

/** A job of tasks that run, whose checkpoints a test takes by hand. */
export class CheckpointBench {
  readonly bench: Bench
  readonly tasks: readonly string[]

  constructor(
    vertices: readonly VertexSketch[],
    edges: readonly EdgeSketch[],
    more: CheckpointBenchOptions = {},
  ) {
    const { options, ...others } = more
    const checkpoints = { ...checkpointOptionsOfTest, ...options }
    this.bench = new Bench(vertices, edges, { ...others, checkpoints })
    this.tasks = vertices.flatMap(({ name, parallelism }) =>
      Array.from({ length: parallelism }, (_, subtask) => `${name}${subtask}`),
    )
    this.offerSlots()
    this.runAll()
  }

  offerSlots(): void {
    const needed = this.bench.commands.findLast(({ kind }) => kind === 'declare-requirement')
    assert.ok(needed?.kind === 'declare-requirement')
    const held = this.#heldSlots()
    for (let slot = held; slot < needed.requirement.slotCount; slot++)
      this.bench.offer(`tm-${slot}`)
  }

  runAll(...tasks: readonly string[]): void {
    for (const task of tasks.length === 0 ? this.tasks : tasks) this.bench.report(task, 'RUNNING')
  }

  /** Lets time pass and what is due of these timers fire. */
  pass(byMs: number, timer = 'checkpoint-trigger'): readonly JobSchedulerCommand[] {
    this.bench.nowMs += byMs
    return this.bench.handle({
      kind: 'timer-fired',
      timer: timer as 'checkpoint-trigger',
      cluster: { taskManagerCount: 1, slotCount: 1, freeSlotCount: 0, startingSlotCount: 0 },
    })
  }

  acknowledge(
    checkpointId: number,
    task: string,
    more: { isFinished?: boolean; files?: readonly string[] } = {},
  ): readonly JobSchedulerCommand[] {
    return this.bench.handle({
      kind: 'checkpoint-report',
      report: {
        kind: 'acknowledge-checkpoint',
        jobId: this.bench.deployment(task).jobId,
        attemptId: this.bench.deployment(task).attemptId,
        checkpointId,
        snapshot: snapshotOf(task, more),
        metrics: metricsOfTest,
      },
    })
  }

  acknowledgeAll(checkpointId: number, files?: readonly string[]): readonly JobSchedulerCommand[] {
    return this.tasks.flatMap((task) =>
      this.acknowledge(checkpointId, task, files === undefined ? {} : { files }),
    )
  }

  endOfData(...tasks: readonly string[]): readonly JobSchedulerCommand[] {
    return tasks.flatMap((task) => {
      const { jobId, attemptId } = this.bench.deployment(task)
      const report = { kind: 'end-of-data-reached', jobId, attemptId } as const
      return this.bench.handle({ kind: 'checkpoint-report', report })
    })
  }

  decline(checkpointId: number, task: string): readonly JobSchedulerCommand[] {
    const { jobId, attemptId } = this.bench.deployment(task)
    const why: ErrorInfo = failure('FILE_WRITE_FAILED')
    return this.bench.handle({
      kind: 'checkpoint-report',
      report: { kind: 'decline-checkpoint', jobId, attemptId, checkpointId, failure: why },
    })
  }

  /** What was last asked to be stored is durable. */
  stored(checkpointId: number): readonly JobSchedulerCommand[] {
    return this.bench.handle({ kind: 'checkpoint-stored', checkpoint: this.toStore(checkpointId) })
  }

  notStored(checkpointId: number): readonly JobSchedulerCommand[] {
    const why = failure('FILE_WRITE_FAILED')
    return this.bench.handle({ kind: 'checkpoint-not-stored', checkpointId, failure: why })
  }

  /** Asks for a savepoint. */
  savepoint(goal: SavepointGoal, id: string = savepointIdOfTest): readonly JobSchedulerCommand[] {
    const request = { savepointId: SavepointId.parse(id), goal, location: `/savepoints/${id}` }
    return this.bench.handle({ kind: 'savepoint-requested', request })
  }

  /** Its files were copied, or not. */
  written(isWritten = true, id: string = savepointIdOfTest): readonly JobSchedulerCommand[] {
    const why = isWritten ? undefined : failure('FILE_WRITE_FAILED')
    const savepointId = SavepointId.parse(id)
    return this.bench.handle({ kind: 'savepoint-answered', savepointId, failure: why })
  }

  /** A whole checkpoint, from the trigger that is due to its completion. */
  take(checkpointId: number, files?: readonly string[]): void {
    if (!this.isTriggered(checkpointId)) this.pass(1_000)
    this.acknowledgeAll(checkpointId, files)
    this.stored(checkpointId)
  }

  isTriggered(checkpointId: number): boolean {
    return this.bench.commands.some(
      (each) => each.kind === 'checkpoint-began' && each.checkpointId === checkpointId,
    )
  }

  toStore(checkpointId: number): CompletedCheckpoint {
    const found = this.bench.commands.find(
      (each) => each.kind === 'store-checkpoint' && each.checkpoint.checkpointId === checkpointId,
    )
    assert.ok(found?.kind === 'store-checkpoint', `checkpoint ${checkpointId} was not to be stored`)
    const { vertices, coordinators } = found.checkpoint
    return {
      kind: 'checkpoint',
      jobId: JobId.parse('a'.repeat(32)),
      jobName: 'sketch',
      checkpointId,
      epoch: 0,
      triggeredAtMs: 0,
      completedAtMs: 0,
      vertices,
      coordinators,
    }
  }

  #heldSlots(): number {
    const submitted = new Set(
      this.bench.commands.flatMap((command) =>
        command.kind === 'submit-task' ? [command.deployment.allocationId] : [],
      ),
    )
    for (const command of this.bench.commands) {
      if (command.kind === 'release-slot') submitted.delete(command.allocationId)
    }
    return submitted.size
  }
}

/** Two tasks that restart together. */
export function twoTasks(more: CheckpointBenchOptions = {}): CheckpointBench {
  return new CheckpointBench(pair, [['a', 'b', 'hash']], more)
}

/** Two pairs of tasks, each of which restarts by itself. */
export function twoRegions(more: CheckpointBenchOptions = {}): CheckpointBench {
  return new CheckpointBench(shuffle, [['a', 'b', 'forward']], more)
}

/** What a task has: one file of its own name unless others are given. */
export function snapshotOf(
  task: string,
  more: { isFinished?: boolean; files?: readonly string[] } = {},
): TaskStateSnapshot {
  const { isFinished = false, files = [`${task}/state`] } = more
  const operatorId = OperatorId.parse(`${task.replace(/\d+$/, '')}-operator`)
  const segments = files.map((name) => ({
    name,
    sizeBytes: 1,
    checkpointId: 1,
    replaces: { start: 0, end: 0 },
    recordCount: 1,
  }))
  const keyed = { keyGroups: { start: 0, end: 32_768 }, segments }
  return { operators: [{ operatorId, keyed, operator: undefined }], channels: [], isFinished }
}

/** Commands about checkpoints in short: kind and id. */
export function checkpointsIn(commands: readonly JobSchedulerCommand[]): readonly string[] {
  return commands.flatMap((command) => {
    switch (command.kind) {
      case 'snapshot-coordinators':
      case 'notify-checkpoint-complete':
      case 'notify-checkpoint-aborted':
      case 'trigger-checkpoint':
      case 'checkpoint-damaged':
      case 'checkpoint-restored':
      case 'give-up-storing':
        return `${command.kind} ${command.checkpointId}`
      case 'store-checkpoint':
        return `${command.kind} ${command.checkpoint.checkpointId}`
      case 'checkpoint-failed':
        return `${command.failure.code} ${command.checkpointId}`
      case 'drain-sources':
        return command.kind
      case 'write-savepoint':
        return `${command.kind} ${command.checkpoint.checkpointId}`
      case 'savepoint-completed':
        return command.kind
      case 'savepoint-failed':
        return command.kind
      case 'delete-checkpoint-files':
        return `delete ${command.names.join(' ')}`
      default:
        return []
    }
  })
}
