import type { Clock, ExecutionAttemptId, Logger } from '@millrace/core'

/**
 * The part of an operator that lives in the job host, one for all its subtasks. Order of calls:
 * `start`, then anything, then `close`. After `fail` was called it is never used again.
 */
export interface OperatorCoordinator {
  /** `restored`: what it begins with, if the job begins with a checkpoint. */
  start(restored: CoordinatorRestore | undefined): void
  /** An attempt is about to run. It replaces an earlier one of the subtask. */
  readerRegistered(subtaskIndex: number, attemptId: ExecutionAttemptId): void
  /**
   * An attempt is over and its subtask runs again, beginning with that checkpoint (undefined: with
   * nothing), which no later one that completed follows.
   */
  readerFailed(
    subtaskIndex: number,
    attemptId: ExecutionAttemptId,
    restoredCheckpointId: number | undefined,
  ): void
  /**
   * What is needed to go on from here; undefined where it failed. What it sends later reaches its
   * subtasks after they were told of the checkpoint.
   */
  snapshot(checkpointId: number): Uint8Array | undefined
  checkpointCompleted(checkpointId: number): void
  checkpointAborted(checkpointId: number): void
  handleEvent(subtaskIndex: number, attemptId: ExecutionAttemptId, event: Uint8Array): void
  close(): void
}

export interface CoordinatorRestore {
  readonly checkpointId: number
  /** What `snapshot` gave for it; undefined: it had no coordinator of this operator. */
  readonly state: Uint8Array | undefined
}

/** What a coordinator acts through. */
export interface CoordinatorServices {
  readonly operatorName: string
  readonly parallelism: number
  /** Whether its readers only ever start again all together, and it with them. */
  readonly restartsAsOne: boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly sendEvent: (
    subtaskIndex: number,
    attemptId: ExecutionAttemptId,
    event: Uint8Array,
  ) => void
  /** The coordinator cannot go on: its readers start again with a new one. */
  readonly fail: (error: unknown) => void
}
