import type { TransitionTable } from './transition.ts'

/** Life of one attempt of one subtask, in Flink's words. */
export type ExecutionState =
  | 'CREATED'
  | 'SCHEDULED'
  | 'DEPLOYING'
  | 'INITIALIZING'
  | 'RUNNING'
  | 'FINISHED'
  | 'CANCELING'
  | 'CANCELED'
  | 'FAILED'

/** INITIALIZING: the slot imports the bundle, opens operators and connects channels. */
export const executionStateTransitions: TransitionTable<ExecutionState> = {
  CREATED: ['SCHEDULED', 'CANCELED', 'FAILED'],
  SCHEDULED: ['DEPLOYING', 'CANCELED', 'FAILED'],
  DEPLOYING: ['INITIALIZING', 'CANCELING', 'FAILED'],
  INITIALIZING: ['RUNNING', 'CANCELING', 'FAILED'],
  RUNNING: ['FINISHED', 'CANCELING', 'FAILED'],
  CANCELING: ['CANCELED', 'FAILED', 'FINISHED'],
  FINISHED: [],
  CANCELED: [],
  FAILED: [],
}

export function isTerminal(state: ExecutionState): boolean {
  return executionStateTransitions[state].length === 0
}
