import type {
  CheckpointMetrics,
  CheckpointPurpose,
  CompletedVertex,
  CoordinatorState,
  ErrorInfo,
  ExecutionAttemptId,
  SavepointId,
  TaskManagerId,
} from '@millrace/core'
import type { SavepointRequest } from './requested-savepoint.ts'

/** Tasks of one TaskManager. */
export interface CheckpointTarget {
  readonly taskManagerId: TaskManagerId
  readonly attemptIds: readonly ExecutionAttemptId[]
}

/** A checkpoint that only its `_metadata` is missing of. */
export interface AcknowledgedCheckpoint {
  readonly checkpointId: number
  readonly vertices: readonly CompletedVertex[]
  readonly coordinators: readonly CoordinatorState[]
  /** Bytes of all tasks together, and of each phase the longest that any of them took. */
  readonly metrics: CheckpointMetrics
}

/** `checkpoint-trigger`: the next is due. `checkpoint-store`: a write takes too long. */
export type CheckpointTimer =
  | 'checkpoint-trigger'
  | 'checkpoint-store'
  | `checkpoint-timeout-${number}`

/** What a CheckpointCoordinator wants done, in order. */
export type CheckpointCoordinatorCommand =
  /** First of all that is said of this checkpoint. */
  | { readonly kind: 'checkpoint-began'; readonly checkpointId: number }
  | { readonly kind: 'snapshot-coordinators'; readonly checkpointId: number }
  | {
      readonly kind: 'trigger-checkpoint'
      readonly checkpointId: number
      readonly purpose: CheckpointPurpose
      readonly targets: readonly CheckpointTarget[]
    }
  | {
      readonly kind: 'notify-checkpoint-complete' | 'notify-checkpoint-aborted'
      readonly checkpointId: number
      readonly targets: readonly CheckpointTarget[]
    }
  /** Answered by 'checkpoint-stored' or 'checkpoint-not-stored', once. One after the other. */
  | { readonly kind: 'store-checkpoint'; readonly checkpoint: AcknowledgedCheckpoint }
  /**
   * Its outcome is wanted now: 'checkpoint-not-stored' with this failure, and whatever comes of the
   * write, the checkpoint is never remembered; unless it is just being remembered.
   */
  | {
      readonly kind: 'give-up-storing'
      readonly checkpointId: number
      readonly failure: ErrorInfo
    }
  /** The job is to stop: sources end as if their input had. */
  | { readonly kind: 'drain-sources'; readonly targets: readonly CheckpointTarget[] }
  /** Answered by 'savepoint-written' or 'savepoint-not-written'. Its files are held meanwhile. */
  | {
      readonly kind: 'write-savepoint'
      readonly request: SavepointRequest
      readonly checkpoint: AcknowledgedCheckpoint
    }
  /** For the record: it is there. */
  | { readonly kind: 'savepoint-completed'; readonly savepointId: SavepointId }
  /** It is not, and whatever is there of it is to be deleted. */
  | {
      readonly kind: 'savepoint-failed'
      readonly savepointId: SavepointId
      readonly failure: ErrorInfo
    }
  /** For the record; `isFault`: it counts as failed, not as cut short by something else. */
  | {
      readonly kind: 'checkpoint-failed'
      readonly checkpointId: number
      readonly failure: ErrorInfo
      readonly isFault: boolean
    }
  /** Nothing names these files any more. `checkpointIds`: whose metadata goes before them. */
  | {
      readonly kind: 'delete-checkpoint-files'
      readonly names: readonly string[]
      readonly checkpointIds: readonly number[]
    }
  /** The attempt is over: of all it wrote, only these files may still be read. */
  | {
      readonly kind: 'delete-files-of-attempt'
      readonly attemptId: ExecutionAttemptId
      readonly keptNames: ReadonlySet<string>
    }
  /** It is not to be restored, its files are left for whoever wants to look. */
  | { readonly kind: 'checkpoint-damaged'; readonly checkpointId: number }
  /** `interval: auto`: from now on another one holds. `reason`: for people. */
  | {
      readonly kind: 'checkpoint-interval-changed'
      readonly fromMs: number
      readonly toMs: number
      readonly reason: string
    }
  /** Tasks begin with this checkpoint. */
  | { readonly kind: 'checkpoint-restored'; readonly checkpointId: number }

export type CheckpointTimerCommand =
  | { readonly kind: 'set-timer'; readonly timer: CheckpointTimer; readonly delayMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: CheckpointTimer }

/** Takes the commands of a CheckpointCoordinator, in order. */
export interface CheckpointOutbox {
  push(...commands: readonly (CheckpointCoordinatorCommand | CheckpointTimerCommand)[]): void
}
