import type {
  AllocationId,
  ErrorInfo,
  ExecutionAttemptId,
  JobHostCommand,
  JobStatus,
  TaskDeployment,
  TaskManagerId,
} from '@millrace/core'
import type { CheckpointCoordinatorCommand } from '../checkpoint/coordinator/checkpoint-command.ts'
import type { SlotRequirement } from '../resource-manager/slot-provider.ts'
import type { SchedulerTimer } from './job-scheduler-event.ts'
import type { RescaleProgress } from './rescale/rescale-progress.ts'

/** What the scheduler tells the coordinators in the job host. */
export type CoordinatorCommand = Extract<
  JobHostCommand,
  { kind: 'start-coordinators' | 'reader-registered' | 'reader-failed' | 'use-rebuilt-graph' }
>

/** What a JobScheduler wants done, to be executed in order. */
export type JobSchedulerCommand =
  | { readonly kind: 'declare-requirement'; readonly requirement: SlotRequirement }
  | { readonly kind: 'release-slot'; readonly allocationId: AllocationId }
  /** Ends the slot's thread with whatever runs there; the slot is lost thereby. */
  | { readonly kind: 'terminate-slot'; readonly allocationId: AllocationId }
  | {
      readonly kind: 'submit-task'
      readonly taskManagerId: TaskManagerId
      readonly deployment: TaskDeployment
    }
  | {
      readonly kind: 'cancel-task'
      readonly taskManagerId: TaskManagerId
      readonly attemptId: ExecutionAttemptId
    }
  | { readonly kind: 'notify-job-host'; readonly command: CoordinatorCommand }
  /** Replaces a timer of the same name. */
  | { readonly kind: 'set-timer'; readonly timer: SchedulerTimer; readonly delayMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: SchedulerTimer }
  | { readonly kind: 'job-status-changed'; readonly status: JobStatus }
  | {
      readonly kind: 'failure-recorded'
      readonly failure: ErrorInfo
      /** Whether it is the cause of failures recorded before as lost connections. */
      readonly isExplanation: boolean
      /** '' where no task was the origin. */
      readonly taskName: string
      readonly taskManagerId: TaskManagerId | undefined
    }
  | { readonly kind: 'restart-scheduled'; readonly delayMs: number; readonly restartCount: number }
  | CheckpointCoordinatorCommand
  /**
   * The job waited for slots as long as it may: answered by 'rescale-requested' for what there
   * is, or by 'job-failed'. Given again where the answer does not help.
   */
  | { readonly kind: 'slots-missing'; readonly failure: ErrorInfo; readonly slotCount: number }
  /** A change of the parallelism came further; 'stopping' is told before any task is canceled. */
  | { readonly kind: 'rescale-changed'; readonly progress: RescaleProgress }
  /** After a failure: all tasks run again. */
  | { readonly kind: 'recovered' }
