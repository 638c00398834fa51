import { isConsequence } from '@millrace/core'
import type { FailureRecord, JobDetails } from '@millrace/rpc'

type JobFailures = Pick<JobDetails, 'status' | 'failures'>

/**
 * Which failures of a job have not been told yet. Its history is bounded, and a record may be
 * replaced by its cause, so that neither a count nor an index says it. A lost connection is no
 * news while its cause may still take its place: until the tasks start again or the job is over.
 */
export class FailureNews {
  #told: ReadonlySet<string> = new Set()

  /** Those of the job's failures that no earlier call had. */
  take({ status, failures }: JobFailures): readonly FailureRecord[] {
    const mayBeExplained = status === 'RESTARTING' || status === 'FAILING'
    const settled = failures.filter(
      (record) =>
        this.#told.has(keyOf(record)) ||
        !(mayBeExplained && record.recoveredAfterMs === undefined && isConsequence(record.failure)),
    )
    const fresh = settled.filter((record) => !this.#told.has(keyOf(record)))
    this.#told = new Set(settled.map(keyOf))
    return fresh
  }
}

function keyOf({ atMs, taskName, failure }: FailureRecord): string {
  return `${atMs} ${taskName} ${failure.code}`
}
