import type { JobId } from '../ids.ts'

/**
 * What becomes of one state: it is restored as it is (`kept`), or with other types or another time
 * to live (`migrated`); the savepoint does not have it (`new`); it has it and nobody goes on with
 * it (`dropped`); it cannot be restored into what the program asks for (`incompatible`); which
 * states the program asks for could not be found out (`unknown`).
 */
export type RestoreVerdict = 'kept' | 'migrated' | 'new' | 'dropped' | 'incompatible' | 'unknown'

export interface PlannedState {
  /** As the program names it, or as the savepoint does where the program has none of it. */
  readonly operator: string
  readonly state: string
  /** `value`, …, `timer`; `list`, `union list` or `broadcast`; `enumerator`. */
  readonly kind: string
  readonly verdict: RestoreVerdict
  /** Empty where there is nothing to say. */
  readonly reason: string
  /** The job is not started because of it. */
  readonly isRefused: boolean
}

/** What would be restored of a savepoint, or of a retained checkpoint, into a program. */
export interface RestorePlan {
  /** Where it lies. */
  readonly location: string
  readonly jobId: JobId
  readonly jobName: string
  readonly checkpointId: number
  readonly completedAtMs: number
  readonly states: readonly PlannedState[]
  /** What is wrong beside them; the job is not started because of it. */
  readonly problems: readonly string[]
}
