import type {
  AllocationId,
  CheckpointReport,
  CompletedCheckpoint,
  CoordinatorState,
  ErrorInfo,
  ExecutionAttemptId,
  OperatorId,
  SavepointId,
  TaskExecutionState,
} from '@millrace/core'
import type { CheckpointTimer } from '../checkpoint/coordinator/checkpoint-command.ts'
import type { SavepointRequest } from '../checkpoint/coordinator/requested-savepoint.ts'
import type { AllocatedSlot } from '../resource-manager/allocated-slot.ts'
import type { SlotSummary } from '../resource-manager/slot-provider.ts'
import type { RescaleTarget } from './rescale/rescale-progress.ts'

/** Bounds the deployment of the region with this index. */
export type DeploymentTimer = `deployment-${number}`

/** Timers the scheduler asks for. An attempt's id names the time-out of its cancellation. */
export type SchedulerTimer =
  | 'slot-request'
  | 'restart'
  | 'rescale'
  | DeploymentTimer
  | CheckpointTimer
  | ExecutionAttemptId

/** What a JobScheduler is told. */
export type JobSchedulerEvent =
  /** First of all, once. */
  | { readonly kind: 'start' }
  | { readonly kind: 'slot-offered'; readonly slot: AllocatedSlot }
  /** Leases that ended at one stroke, with all tasks in them. */
  | {
      readonly kind: 'slots-lost'
      readonly allocationIds: readonly AllocationId[]
      readonly failure: ErrorInfo
    }
  | { readonly kind: 'task-execution-state'; readonly state: TaskExecutionState }
  /** A coordinator in the job host failed; undefined: it is not known which. */
  | {
      readonly kind: 'coordinator-failed'
      readonly operatorId: OperatorId | undefined
      readonly failure: ErrorInfo
    }
  | { readonly kind: 'checkpoint-report'; readonly report: CheckpointReport }
  /** The job host answered 'snapshot-coordinators'. */
  | {
      readonly kind: 'coordinators-snapshotted'
      readonly checkpointId: number
      readonly coordinators: readonly CoordinatorState[]
    }
  /** Answers 'store-checkpoint': its metadata is durable. */
  | { readonly kind: 'checkpoint-stored'; readonly checkpoint: CompletedCheckpoint }
  | {
      readonly kind: 'checkpoint-not-stored'
      readonly checkpointId: number
      readonly failure: ErrorInfo
    }
  /** As soon as every task runs. None is under way, and the job takes checkpoints. */
  | { readonly kind: 'savepoint-requested'; readonly request: SavepointRequest }
  /** Answers 'write-savepoint'; `failure`: why it is not written. */
  | {
      readonly kind: 'savepoint-answered'
      readonly savepointId: SavepointId
      readonly failure: ErrorInfo | undefined
    }
  /** The job cannot go on, whatever its restart strategy says. */
  | { readonly kind: 'job-failed'; readonly failure: ErrorInfo }
  | { readonly kind: 'cancel-requested' }
  /** The job is to go on with another graph of the same operators. */
  | { readonly kind: 'rescale-requested'; readonly target: RescaleTarget }
  /** Slots that return are not waited for any more. */
  | { readonly kind: 'rescale-withdrawn' }
  | {
      readonly kind: 'timer-fired'
      readonly timer: SchedulerTimer
      readonly cluster: SlotSummary
    }

export function isDeploymentTimer(timer: SchedulerTimer): timer is DeploymentTimer {
  return timer.startsWith('deployment-')
}

export function isCheckpointTimer(timer: SchedulerTimer): timer is CheckpointTimer {
  return timer.startsWith('checkpoint-')
}
