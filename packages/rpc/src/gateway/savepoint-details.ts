import type { ErrorInfo, JobId, SavepointId } from '@millrace/core'

/**
 * savepoint: the job goes on. stop: it ends with what the savepoint holds, as if it paused. drain:
 * it ends as if its input had, and the savepoint holds what comes of that.
 */
export type SavepointGoal = 'savepoint' | 'stop' | 'drain'

/**
 * waiting: for the tasks to run. draining: sources were told to end. acknowledging: tasks write
 * their state. writing: its files are copied. storing: the job's last checkpoint is completed.
 * completed: it is there; the end of a job that stops follows. failed: nothing is left of it.
 */
export type SavepointState =
  | 'waiting'
  | 'draining'
  | 'acknowledging'
  | 'writing'
  | 'storing'
  | 'completed'
  | 'failed'

export interface SavepointRequest {
  readonly jobId: JobId
  readonly goal: SavepointGoal
  /** Where its directory is to be made; undefined: in the job's `savepoint-dir`. */
  readonly targetDirectory: string | undefined
}

/** One savepoint, under way or over. */
export interface SavepointDetails {
  readonly savepointId: SavepointId
  readonly goal: SavepointGoal
  readonly state: SavepointState
  /** Its own directory: a path or a URL. */
  readonly location: string
  /** Milliseconds since 1970. */
  readonly requestedAtMs: number
  /** 0 while it is under way. */
  readonly endedAtMs: number
  /** Tasks that have acknowledged it, of so many; 0 of 0 before it is triggered. */
  readonly acknowledgedCount: number
  readonly taskCount: number
  /** Files that are copied, of so many; 0 of 0 before it is known. */
  readonly copiedFileCount: number
  readonly fileCount: number
  readonly copiedBytes: number
  readonly sizeBytes: number
  /** Why it failed. */
  readonly failure: ErrorInfo | undefined
}
