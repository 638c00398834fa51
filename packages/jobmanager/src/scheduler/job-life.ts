import {
  type ErrorInfo,
  isGloballyTerminal,
  type JobStatus,
  jobStatusTransitions,
  transition,
} from '@millrace/core'
import type { ExecutionVertex } from '../execution-graph/execution-vertex.ts'
import { FailureCause } from '../failover/failure-cause.ts'
import type { Outbox } from './outbox.ts'
import { restartsExhausted } from './scheduling-errors.ts'

// The status of one job, and what is wrong with it. Pure.
//
// Invariants
//  - Each failure is recorded once. One that explains a lost connection replaces it, in the
//    records and as the job's own failure, until the tasks start again or the job is over.

export class JobLife {
  readonly #outbox: Outbox
  #status: JobStatus = 'CREATED'
  #failure: ErrorInfo | undefined
  #giveUpReason = ''
  /** Of the failover that is pending, or of the end. */
  #cause: FailureCause | undefined

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  get status(): JobStatus {
    return this.#status
  }

  /** Why the job is FAILING or FAILED. */
  get failure(): ErrorInfo | undefined {
    return this.#failure
  }

  get isEnding(): boolean {
    return this.#status === 'FAILING' || this.#status === 'CANCELLING'
  }

  get isOver(): boolean {
    return isGloballyTerminal(this.#status)
  }

  transitionTo(status: JobStatus): void {
    this.#status = transition(jobStatusTransitions, this.#status, status)
    this.#outbox.push({ kind: 'job-status-changed', status })
  }

  /** Something failed; `origin` is the task that did, or whose slot was lost. */
  record(failure: ErrorInfo, origin: ExecutionVertex | undefined): void {
    const isExplanation = origin !== undefined && this.#cause?.isExplainedBy(failure) === true
    this.#cause ??= new FailureCause(failure)
    this.#push(failure, origin, isExplanation)
  }

  /**
   * A task failed, or its slot was lost, while it was being canceled: as a rule because of that,
   * unless it explains what led there. Returns whether it does.
   */
  recordIfCause(failure: ErrorInfo, origin: ExecutionVertex): boolean {
    if (this.#cause?.isExplainedBy(failure) !== true) return false
    this.#push(failure, origin, true)
    if (this.#status === 'FAILING') this.#failure = this.#finalFailure(failure)
    return true
  }

  /** Begins the end. `giveUpReason`: of a restart strategy that does not restart the job again. */
  beginFailing(failure: ErrorInfo, giveUpReason: string): void {
    this.transitionTo('FAILING')
    this.#giveUpReason = giveUpReason
    this.#failure = this.#finalFailure(failure)
  }

  /** What failed starts again: failures from here on have causes of their own. */
  onRestarting(): void {
    this.#cause = undefined
  }

  #finalFailure(failure: ErrorInfo): ErrorInfo {
    return this.#giveUpReason === '' ? failure : restartsExhausted(failure, this.#giveUpReason)
  }

  #push(failure: ErrorInfo, origin: ExecutionVertex | undefined, isExplanation: boolean): void {
    const taskName = origin?.taskName ?? ''
    const taskManagerId = origin?.execution.slot?.taskManagerId
    this.#outbox.push({
      kind: 'failure-recorded',
      failure,
      isExplanation,
      taskName,
      taskManagerId,
    })
  }
}
