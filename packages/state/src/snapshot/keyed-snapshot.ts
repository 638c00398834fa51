import type { CheckpointStorage, ExecutionAttemptId, KeyedStateHandle } from '@millrace/core'

/**
 * Keyed state as it was when it was sealed, whatever is written to the backend since. Its life:
 * `encode` until it says true, then `write`; or `discard` at any time before `write`.
 *
 * Snapshots of one backend build upon each other: one that is discarded, or whose write failed,
 * takes those that were sealed after it with it (their `write` rejects). The entries of all of them
 * are then part of the next snapshot.
 */
export interface KeyedSnapshot {
  readonly checkpointId: number
  /** Encodes for about `budgetMs` of the clock; true when nothing is left. */
  encode(budgetMs: number): boolean
  /**
   * After `encode` said true: writes what is new, in slices that let the event loop go on, and
   * resolves with the whole chain once all of it is durable. Called once. After a rejection nothing
   * is left to be done: what was sealed is part of the next snapshot.
   */
  write(storage: CheckpointStorage, attemptId: ExecutionAttemptId): Promise<KeyedStateHandle>
  /** Instead of `write`: what was sealed is part of the next snapshot. */
  discard(): void
}
