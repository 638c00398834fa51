import type { OperatorId } from '@millrace/core'
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.ts'
import { CheckpointCoordinator } from '../checkpoint/coordinator/checkpoint-coordinator.ts'
import type { RestoredCheckpoints } from '../checkpoint/executor/job-checkpoint-log.ts'
import type { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import { CoordinatedOperators } from './coordinated-operators.ts'
import { JobLife } from './job-life.ts'
import { Outbox } from './outbox.ts'
import { Regions } from './region/regions.ts'
import { JobSlots } from './slot/job-slots.ts'
import { SlotPool } from './slot/slot-pool.ts'

export interface JobSchedulerOptions {
  readonly slotRequestTimeoutMs: number
  readonly taskCancellationTimeoutMs: number
  /** Until all tasks of a region run; 0: no bound. */
  readonly taskDeploymentTimeoutMs: number
  /** Where slots are missing for long the job may go on with fewer, if somebody finds out how. */
  readonly mayRunSmaller: boolean
  /** A slot that is being replaced is waited for where its TaskManager has copies of the state. */
  readonly awaitsFormerSlots: boolean
  /** undefined: no checkpoints are taken. */
  readonly checkpoints: CheckpointOptions | undefined
  /** What the job goes on from. */
  readonly restored: RestoredCheckpoints
}

/** What the parts of a JobScheduler share. */
export interface JobParts {
  readonly executionGraph: ExecutionGraph
  readonly options: JobSchedulerOptions
  readonly regions: Regions
  readonly slots: JobSlots
  readonly coordinatedOperators: CoordinatedOperators
  readonly life: JobLife
  readonly checkpoints: CheckpointCoordinator | undefined
  readonly outbox: Outbox
}

export function createJobParts(
  executionGraph: ExecutionGraph,
  coordinated: readonly OperatorId[],
  options: JobSchedulerOptions,
): JobParts {
  const outbox = new Outbox()
  const { checkpoints, restored } = options
  const hasCoordinators = coordinated.length > 0
  return {
    ...partsOfGraph(executionGraph, coordinated, options, outbox),
    options,
    life: new JobLife(outbox),
    checkpoints:
      checkpoints === undefined
        ? undefined
        : new CheckpointCoordinator(executionGraph, hasCoordinators, checkpoints, restored, outbox),
    outbox,
  }
}

/** The parts of the same job with another graph; no task of the former one runs any more. */
export function partsWithGraph(
  former: JobParts,
  executionGraph: ExecutionGraph,
  coordinated: readonly OperatorId[],
): JobParts {
  const { options, outbox, checkpoints } = former
  checkpoints?.useGraph(executionGraph, coordinated.length > 0)
  return { ...former, ...partsOfGraph(executionGraph, coordinated, options, outbox) }
}

function partsOfGraph(
  executionGraph: ExecutionGraph,
  coordinated: readonly OperatorId[],
  options: JobSchedulerOptions,
  outbox: Outbox,
): Pick<JobParts, 'executionGraph' | 'regions' | 'slots' | 'coordinatedOperators'> {
  const pool = new SlotPool(executionGraph, options.awaitsFormerSlots)
  return {
    executionGraph,
    regions: new Regions(executionGraph, pool, outbox, options.taskCancellationTimeoutMs),
    slots: new JobSlots(pool, outbox, options.slotRequestTimeoutMs),
    coordinatedOperators: new CoordinatedOperators(executionGraph, coordinated),
  }
}
