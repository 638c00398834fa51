import {
  type ChannelCount,
  type ExecutionAttemptId,
  type ExecutionState,
  executionStateTransitions,
  isTerminal,
  transition,
} from '@millrace/core'
import type { AllocatedSlot } from '../resource-manager/allocated-slot.ts'

/** One attempt of one subtask. */
export class Execution {
  readonly attemptId: ExecutionAttemptId
  /**
   * Counted from 0 by every JobManager. It names nothing that outlives one: files of checkpoints
   * are named by the attempt's id, part of which is random, and sinks add what is unique to them.
   */
  readonly attemptNumber: number
  #state: ExecutionState = 'CREATED'
  #slot: AllocatedSlot | undefined
  #restoredCheckpointId: number | undefined
  #channelCounts: readonly ChannelCount[] = []

  constructor(attemptId: ExecutionAttemptId, attemptNumber: number) {
    this.attemptId = attemptId
    this.attemptNumber = attemptNumber
  }

  get state(): ExecutionState {
    return this.#state
  }

  /** Set from the deployment on; stays when the attempt is over. */
  get slot(): AllocatedSlot | undefined {
    return this.#slot
  }

  /** The checkpoint it begins with, from the deployment on; undefined: with nothing. */
  get restoredCheckpointId(): number | undefined {
    return this.#restoredCheckpointId
  }

  /** What went through its channels, once it is FINISHED. */
  get channelCounts(): readonly ChannelCount[] {
    return this.#channelCounts
  }

  get isTerminal(): boolean {
    return isTerminal(this.#state)
  }

  /** Whether a TaskManager may be running it. */
  get isDeployed(): boolean {
    return this.#slot !== undefined && !this.isTerminal
  }

  schedule(): void {
    this.#transitionTo('SCHEDULED')
  }

  deploy(slot: AllocatedSlot, restoredCheckpointId: number | undefined): void {
    this.#transitionTo('DEPLOYING')
    this.#restoredCheckpointId = restoredCheckpointId
    this.#slot = slot
  }

  /** Follows the TaskManager. A step back, or one of a task that is being canceled, is ignored. */
  advanceTo(state: 'INITIALIZING' | 'RUNNING'): void {
    if (this.#state === 'DEPLOYING') this.#transitionTo('INITIALIZING')
    if (this.#state === 'INITIALIZING' && state === 'RUNNING') this.#transitionTo('RUNNING')
  }

  finish(channelCounts: readonly ChannelCount[]): void {
    this.advanceTo('RUNNING')
    this.#transitionTo('FINISHED')
    this.#channelCounts = channelCounts
  }

  /** Begins to cancel a deployed task; one that never left the JobManager is CANCELED at once. */
  cancel(): void {
    this.#transitionTo(this.#slot === undefined ? 'CANCELED' : 'CANCELING')
  }

  /** The task that was being canceled is over. */
  onCanceled(): void {
    this.#transitionTo('CANCELED')
  }

  fail(): void {
    this.#transitionTo('FAILED')
  }

  #transitionTo(state: ExecutionState): void {
    this.#state = transition(executionStateTransitions, this.#state, state)
  }
}
