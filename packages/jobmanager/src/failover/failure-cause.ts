import { type ErrorInfo, isConsequence } from '@millrace/core'

/**
 * Why tasks are being ended. A failure that only tells of another one, of a peer's connection, may
 * be reported first; it gives way to the first one that explains it.
 */
export class FailureCause {
  #failure: ErrorInfo

  constructor(failure: ErrorInfo) {
    this.#failure = failure
  }

  /** Takes a later failure of another task as the cause, if it is; returns whether. */
  isExplainedBy(failure: ErrorInfo): boolean {
    if (!isConsequence(this.#failure) || isConsequence(failure)) return false
    // One comes of the cancellation that the cause led to, the other breaks no connection.
    if (failure.code === 'TASK_CANCELLATION_TIMEOUT') return false
    if (failure.code === 'TASK_DEPLOYMENT_TIMEOUT') return false
    this.#failure = failure
    return true
  }
}
