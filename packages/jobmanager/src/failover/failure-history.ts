import { type ErrorInfo, isConsequence, type TaskManagerId } from '@millrace/core'
import type { FailureRecord } from '@millrace/rpc'

const failureCountMax = 16

interface FailureOrigin {
  readonly taskName: string
  readonly taskManagerId: TaskManagerId | undefined
}

interface Failure {
  readonly atMs: number
  readonly atMonotonicMs: number
  failure: ErrorInfo
  taskName: string
  taskManagerId: TaskManagerId | undefined
  recoveredAfterMs: number | undefined
}

/** When something happened, by both clocks. */
export interface Instant {
  readonly nowMs: number
  readonly monotonicMs: number
}

/** The last failures of a job, and how long each kept it from running in full. */
export class FailureHistory {
  #failures: Failure[] = []

  record(at: Instant, failure: ErrorInfo, origin: FailureOrigin): void {
    this.#failures.push({
      atMs: at.nowMs,
      atMonotonicMs: at.monotonicMs,
      failure,
      ...origin,
      recoveredAfterMs: undefined,
    })
    this.#failures = this.#failures.slice(-failureCountMax)
  }

  /**
   * The cause of what was recorded since the job last ran in full as lost connections: it takes
   * their place, at the time of the first of them.
   */
  explain(at: Instant, failure: ErrorInfo, origin: FailureOrigin): void {
    const isExplained = (each: Failure) =>
      each.recoveredAfterMs === undefined && isConsequence(each.failure)
    const first = this.#failures.find(isExplained)
    if (first === undefined) {
      this.record(at, failure, origin)
      return
    }
    Object.assign(first, { failure, ...origin })
    this.#failures = this.#failures.filter((each) => !isExplained(each))
  }

  /** The job runs in full again: all failures before are over. */
  recordRecovery(at: Instant): void {
    for (const each of this.#failures) {
      each.recoveredAfterMs ??= Math.max(0, at.monotonicMs - each.atMonotonicMs)
    }
  }

  /** The newest last. */
  records(): readonly FailureRecord[] {
    return this.#failures.map(({ atMonotonicMs: _, ...record }) => record)
  }
}
