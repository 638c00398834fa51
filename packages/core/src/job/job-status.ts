import type { TransitionTable } from './transition.ts'

/** Life of a job, in Flink's words. */
export type JobStatus =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'

/**
 * INITIALIZING: the job host builds the graph. CREATED: waits for slots. RESTARTING: a region was
 * canceled and waits for its backoff or for slots. FAILING and CANCELLING: tasks are being ended.
 */
export const jobStatusTransitions: TransitionTable<JobStatus> = {
  INITIALIZING: ['CREATED', 'FAILED', 'CANCELED'],
  CREATED: ['RUNNING', 'FAILING', 'CANCELLING'],
  RUNNING: ['FINISHED', 'RESTARTING', 'FAILING', 'CANCELLING'],
  RESTARTING: ['RUNNING', 'FAILING', 'CANCELLING', 'RESTARTING'],
  FAILING: ['FAILED'],
  CANCELLING: ['CANCELED', 'FAILED'],
  FAILED: [],
  CANCELED: [],
  FINISHED: [],
}

export function isGloballyTerminal(status: JobStatus): boolean {
  return jobStatusTransitions[status].length === 0
}
