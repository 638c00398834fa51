import type { ErrorInfo, JobId } from '@millrace/core'

/**
 * Why a job gets another parallelism: somebody asked for it; slots were missing for long; they are
 * there again.
 */
export type RescaleCause = 'requested' | 'slots-missing' | 'slots-returned'

/**
 * waiting-for-slots: for those it needs more. checkpointing: the checkpoint it goes on from is
 * taken. stopping: its tasks are being ended. starting: those of the new graph are on their way.
 * completed: they run. failed: it came to nothing.
 */
export type RescaleState =
  | 'waiting-for-slots'
  | 'checkpointing'
  | 'stopping'
  | 'starting'
  | 'completed'
  | 'failed'

/** One change of a job's parallelism, under way or over. */
export interface RescaleDetails {
  readonly cause: RescaleCause
  readonly state: RescaleState
  /** The largest of the operators that change. */
  readonly fromParallelism: number
  readonly toParallelism: number
  /** Milliseconds since 1970. */
  readonly beganAtMs: number
  /** Slots that are waited for. */
  readonly missingSlotCount: number
  /** From the first task being canceled until all tasks ran again; undefined before that. */
  readonly gapMs: number | undefined
  /** Why it came to nothing; where the job is not over, it goes on as it was. */
  readonly failure: ErrorInfo | undefined
}

export interface RescaleRequest {
  readonly jobId: JobId
  /** Of all operators that have none of their own: 1 to 32,768. */
  readonly parallelism: number
}

export interface RescaleAnswer {
  /** The job has that parallelism already, or is about to: nothing is done. */
  readonly isUnchanged: boolean
}
