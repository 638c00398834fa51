import type { ErrorInfo } from '../errors.ts'
import type { ExecutionAttemptId, JobId } from '../ids.ts'
import type { CheckpointMetrics, CheckpointPhase } from './checkpoint-metrics.ts'
import type { TaskStateSnapshot } from './state-handle.ts'

/**
 * What a checkpoint is taken for; it goes with its barriers, because one of them may come before
 * the trigger. A `savepoint` is always aligned. At the barrier of a `stop`, which is one too, a
 * task stands still: it does nothing more until it is told how it ended.
 */
export type CheckpointPurpose = 'checkpoint' | 'savepoint' | 'stop'

/**
 * JobMaster → tasks, on the ordered session of their TaskManager. A trigger goes to every task that
 * runs: sources begin; the others learn that the checkpoint exists, so that one whose inputs have
 * all ended takes part without a barrier.
 */
export type CheckpointCommand =
  | {
      readonly kind: 'trigger-checkpoint'
      readonly attemptIds: readonly ExecutionAttemptId[]
      readonly checkpointId: number
      readonly purpose: CheckpointPurpose
      /** Wall clock of the JobManager, milliseconds since 1970. */
      readonly timestampMs: number
    }
  /** The job is to stop: sources end as if their input had. */
  | { readonly kind: 'drain-sources'; readonly attemptIds: readonly ExecutionAttemptId[] }
  | {
      readonly kind: 'notify-checkpoint-complete'
      readonly attemptIds: readonly ExecutionAttemptId[]
      readonly checkpointId: number
    }
  | {
      readonly kind: 'notify-checkpoint-aborted'
      readonly attemptIds: readonly ExecutionAttemptId[]
      readonly checkpointId: number
    }

/** Task → JobMaster. */
export type CheckpointReport =
  | {
      readonly kind: 'acknowledge-checkpoint'
      readonly jobId: JobId
      readonly attemptId: ExecutionAttemptId
      readonly checkpointId: number
      readonly snapshot: TaskStateSnapshot
      readonly metrics: CheckpointMetrics
    }
  /** It cannot be taken here; the task goes on. */
  | {
      readonly kind: 'decline-checkpoint'
      readonly jobId: JobId
      readonly attemptId: ExecutionAttemptId
      readonly checkpointId: number
      readonly failure: ErrorInfo
    }
  /** Sent when a phase begins, so that one that hangs can be named. */
  | {
      readonly kind: 'checkpoint-phase'
      readonly jobId: JobId
      readonly attemptId: ExecutionAttemptId
      readonly checkpointId: number
      readonly phase: CheckpointPhase
    }
  /**
   * All its inputs have ended and its operators are finished; it waits for a checkpoint to complete
   * that says so.
   */
  | {
      readonly kind: 'end-of-data-reached'
      readonly jobId: JobId
      readonly attemptId: ExecutionAttemptId
    }
