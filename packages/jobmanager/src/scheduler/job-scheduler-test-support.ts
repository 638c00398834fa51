import assert from 'node:assert/strict'
import {
  AllocationId,
  type ChannelCount,
  type Disposition,
  type ErrorCode,
  type ErrorInfo,
  errorInfo,
  JobId,
  MillraceError,
  OperatorId,
  SeededRandom,
  type TaskDeployment,
  type TaskExecutionState,
  TaskManagerId,
} from '@millrace/core'
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.ts'
import {
  noCheckpoints,
  type RestoredCheckpoints,
} from '../checkpoint/executor/job-checkpoint-log.ts'
import { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import {
  type EdgeSketch,
  sketchGraph,
  type VertexSketch,
} from '../execution-graph/graph-sketch-test-support.ts'
import { FixedDelayRestartStrategy } from '../failover/fixed-delay-restart-strategy.ts'
import type { RestartStrategy } from '../failover/restart-strategy.ts'
import { JobScheduler } from './job-scheduler.ts'
import type { JobSchedulerCommand } from './job-scheduler-command.ts'
import type { DeploymentTimer, JobSchedulerEvent } from './job-scheduler-event.ts'

const jobId = JobId.parse('a'.repeat(32))
const cluster = { taskManagerCount: 1, slotCount: 3, freeSlotCount: 1, startingSlotCount: 0 }

/** A scheduler with the commands it gave, by kind, and the tasks it deployed, by name. */
export class Bench {
  readonly scheduler: JobScheduler
  readonly commands: JobSchedulerCommand[] = []
  readonly #random = new SeededRandom(3)
  nowMs: number = 0

  constructor(
    vertices: readonly VertexSketch[],
    edges: readonly EdgeSketch[],
    options: {
      attempts?: number
      delayMs?: number
      coordinated?: readonly string[]
      strategy?: RestartStrategy
      checkpoints?: CheckpointOptions
      restored?: RestoredCheckpoints
    } = {},
  ) {
    const { attempts = 100, delayMs = 0, coordinated = [] } = options
    const { strategy = new FixedDelayRestartStrategy({ attempts, delayMs }) } = options
    this.scheduler = new JobScheduler(
      jobId,
      new ExecutionGraph(sketchGraph(vertices, edges), this.#random),
      coordinated.map((name) => OperatorId.parse(`${name}-operator`)),
      strategy,
      {
        slotRequestTimeoutMs: 300_000,
        taskCancellationTimeoutMs: 10_000,
        taskDeploymentTimeoutMs: 300_000,
        mayRunSmaller: false,
        awaitsFormerSlots: false,
        checkpoints: options.checkpoints,
        restored: options.restored ?? noCheckpoints,
      },
    )
    this.handle({ kind: 'start' })
  }

  handle(event: JobSchedulerEvent): readonly JobSchedulerCommand[] {
    const commands = this.scheduler.handle(event, this.nowMs)
    this.commands.push(...commands)
    return commands
  }

  /** Offers slots, one on each of these TaskManagers. */
  offer(...taskManagers: readonly string[]): readonly JobSchedulerCommand[] {
    return taskManagers.flatMap((name, slotIndex) => {
      const allocationId = AllocationId.random(this.#random)
      const taskManagerId = TaskManagerId.parse(name)
      const slot = { allocationId, taskManagerId, slotIndex, dataAddress: `${name}:${slotIndex}` }
      return this.handle({ kind: 'slot-offered', slot })
    })
  }

  deployment(task: string): TaskDeployment {
    const found = this.commands.findLast(
      (command) =>
        command.kind === 'submit-task' &&
        `${command.deployment.vertexId}${command.deployment.subtaskIndex}` === task,
    )
    assert.ok(found?.kind === 'submit-task', `${task} was never submitted`)
    return found.deployment
  }

  report(
    task: string | TaskDeployment,
    state: TaskExecutionState['state'],
    more: {
      failure?: ErrorInfo
      channelCounts?: readonly ChannelCount[]
      slotEnded?: boolean
    } = {},
  ): readonly JobSchedulerCommand[] {
    const { attemptId } = typeof task === 'string' ? this.deployment(task) : task
    const { failure, channelCounts = [], slotEnded = false } = more
    return this.handle({
      kind: 'task-execution-state',
      state: { jobId, attemptId, state, failure, channelCounts, slotEnded },
    })
  }

  fail(
    task: string,
    code: ErrorCode = 'USER_FUNCTION_FAILED',
    disposition: Disposition = 'retry',
  ): readonly JobSchedulerCommand[] {
    return this.report(task, 'FAILED', { failure: failure(code, disposition) })
  }

  loseSlotOf(...tasks: readonly string[]): readonly JobSchedulerCommand[] {
    const allocationIds = tasks.map((task) => this.deployment(task).allocationId)
    return this.handle({ kind: 'slots-lost', allocationIds, failure: failure('TASK_MANAGER_LOST') })
  }

  fire(
    timer: 'slot-request' | 'restart' | DeploymentTimer | TaskDeployment,
  ): readonly JobSchedulerCommand[] {
    const name = typeof timer === 'string' ? timer : timer.attemptId
    return this.handle({ kind: 'timer-fired', timer: name, cluster })
  }
}

export function failure(code: ErrorCode, disposition: Disposition = 'retry'): ErrorInfo {
  const blame = code === 'CONNECTION_LOST' ? 'external' : 'user'
  return errorInfo(new MillraceError(code, `${code} of the test`, { disposition, blame }))
}

/** Commands in short: kind, and the task it is about. */
export function short(commands: readonly JobSchedulerCommand[]): readonly string[] {
  return commands.flatMap((command) => {
    switch (command.kind) {
      case 'submit-task':
        return `submit ${command.deployment.vertexId}${command.deployment.subtaskIndex}`
      case 'cancel-task':
        return `cancel ${command.attemptId.split('_').slice(1, 3).join('')}`
      case 'job-status-changed':
        return command.status
      case 'release-slot':
        return 'release'
      case 'notify-job-host':
        return command.command.kind
      default:
        return []
    }
  })
}

export const pair: readonly VertexSketch[] = [
  { name: 'a', parallelism: 1 },
  { name: 'b', parallelism: 1 },
]
export const shuffle: readonly VertexSketch[] = [
  { name: 'a', parallelism: 2 },
  { name: 'b', parallelism: 2 },
]
