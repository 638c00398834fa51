import type { ErrorInfo } from '../errors.ts'
import type { ExecutionAttemptId, JobId } from '../ids.ts'
import type { ExecutionState } from '../job/execution-state.ts'

/** What a TaskExecutor says of an attempt. */
export interface TaskExecutionState {
  readonly jobId: JobId
  readonly attemptId: ExecutionAttemptId
  readonly state: Extract<
    ExecutionState,
    'INITIALIZING' | 'RUNNING' | 'FINISHED' | 'CANCELED' | 'FAILED'
  >
  /** Set iff FAILED. */
  readonly failure: ErrorInfo | undefined
  /** Records per channel, set iff FINISHED: both ends of every edge are compared. */
  readonly channelCounts: readonly ChannelCount[]
  /**
   * The lease of the task's slot is over, or no more tasks are taken there: the next attempt needs
   * another slot. Unset: false.
   */
  readonly slotEnded?: boolean
}

/** Records that went through one channel, as one end of it counted them. */
export interface ChannelCount {
  readonly end: 'sent' | 'received'
  readonly edgeIndex: number
  readonly producerSubtask: number
  readonly consumerSubtask: number
  readonly records: number
}

/** Counters of one attempt since it started; sent about once a second. */
export interface TaskMetrics {
  readonly jobId: JobId
  readonly attemptId: ExecutionAttemptId
  /** From other tasks; where the chain begins with a source, what that read. */
  readonly recordsIn: number
  /** To other tasks. */
  readonly recordsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Records and entries of state that came to their end here, by reason; never silently lost. */
  readonly droppedByReason: Readonly<Record<string, number>>
  readonly busyMs: number
  readonly idleMs: number
  readonly backPressuredMs: number
}
