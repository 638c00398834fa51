import type { FailureRecord } from '@millrace/rpc'

/**
 * Which failures of a job have not been told yet. Its history is bounded, and a record may be
 * replaced by its cause, so that neither a count nor an index says it.
 */
export class FailureNews {
  #told: ReadonlySet<string> = new Set()

  /** Those of `failures` that no earlier call had. */
  take(failures: readonly FailureRecord[]): readonly FailureRecord[] {
    const fresh = failures.filter((record) => !this.#told.has(keyOf(record)))
    this.#told = new Set(failures.map(keyOf))
    return fresh
  }
}

function keyOf({ atMs, taskName, failure }: FailureRecord): string {
  return `${atMs} ${taskName} ${failure.code}`
}
