import type { ErrorInfo, TaskManagerId } from '@millrace/core'
import type { FailureRecord } from '@millrace/rpc'

const failureCountMax = 16

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

  record(
    at: Instant,
    failure: ErrorInfo,
    origin: { readonly taskName: string; readonly taskManagerId: TaskManagerId | undefined },
  ): void {
    this.#failures.push({
      atMs: at.nowMs,
      atMonotonicMs: at.monotonicMs,
      failure,
      ...origin,
      recoveredAfterMs: undefined,
    })
    this.#failures = this.#failures.slice(-failureCountMax)
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
