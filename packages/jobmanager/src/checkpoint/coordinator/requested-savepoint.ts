import {
  type CheckpointPurpose,
  type SavepointId,
  type TransitionTable,
  transition,
} from '@millrace/core'
import type { SavepointGoal } from '@millrace/rpc'
import type { EndOfDataState } from './end-of-data-tracker.ts'

export interface SavepointRequest {
  readonly savepointId: SavepointId
  readonly goal: SavepointGoal
  /** A directory of its own: a path or a URL. */
  readonly location: string
}

/**
 * waiting: for the tasks to run. draining: sources were told to end. acknowledging: its checkpoint
 * is under way. writing: its files are copied. storing: the job's own metadata is written. ending:
 * it is complete, and the job ends with it, whatever fails.
 */
export type SavepointPhase =
  | 'waiting'
  | 'draining'
  | 'acknowledging'
  | 'writing'
  | 'storing'
  | 'ending'

const phases: TransitionTable<SavepointPhase> = {
  waiting: ['draining', 'acknowledging'],
  draining: ['acknowledging'],
  acknowledging: ['writing'],
  writing: ['storing'],
  storing: ['ending'],
  ending: [],
}

/** A savepoint from its request until it is complete or failed, or the job ends. Pure. */
export class RequestedSavepoint {
  readonly request: SavepointRequest
  #phase: SavepointPhase = 'waiting'
  #hasDrained = false
  #checkpointId: number | undefined

  constructor(request: SavepointRequest) {
    this.request = request
  }

  get phase(): SavepointPhase {
    return this.#phase
  }

  /** Once its checkpoint was triggered. */
  get checkpointId(): number | undefined {
    return this.#checkpointId
  }

  /** The job is to end with it. */
  get isLast(): boolean {
    return this.request.goal !== 'savepoint'
  }

  /** Sources were told to end: without the savepoint the job has to go back. */
  get hasDrained(): boolean {
    return this.#hasDrained
  }

  get purpose(): CheckpointPurpose {
    return this.request.goal === 'stop' ? 'stop' : 'savepoint'
  }

  /** What is to be done now that every task runs or is finished. */
  stepAt(end: EndOfDataState): 'drain' | 'trigger' | undefined {
    if (this.#phase === 'waiting') {
      return this.request.goal === 'drain' && end === 'open' ? 'drain' : 'trigger'
    }
    return this.#phase === 'draining' && end !== 'open' ? 'trigger' : undefined
  }

  /**
   * No other checkpoint may be triggered. One that is taken while the job ends says that tasks are
   * finished which had to be started again.
   */
  holdsBackOthers(end: EndOfDataState): boolean {
    if (this.#phase === 'writing') return this.isLast
    return this.#phase !== 'ending' || end !== 'reached'
  }

  drain(): void {
    this.#transitionTo('draining')
    this.#hasDrained = true
  }

  trigger(checkpointId: number): void {
    this.#transitionTo('acknowledging')
    this.#checkpointId = checkpointId
  }

  write(): void {
    this.#transitionTo('writing')
  }

  store(): void {
    this.#transitionTo('storing')
  }

  end(): void {
    this.#transitionTo('ending')
  }

  #transitionTo(phase: SavepointPhase): void {
    this.#phase = transition(phases, this.#phase, phase)
  }
}
