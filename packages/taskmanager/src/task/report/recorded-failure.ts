import { describeThrown } from '@millrace/core'

/**
 * An error that a task has recorded as its own failure. It is thrown on only to unwind the stack:
 * through the operators before the one that failed, and through producers in the same slot, none of
 * which it is a failure of. Whoever catches it changes nothing.
 */
export class RecordedFailure extends Error {
  override readonly name = 'RecordedFailure'

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : describeThrown(cause), { cause })
  }

  /** Whether `error` is one, or was made of one by code that caught it. */
  static isBehind(error: unknown): boolean {
    let at = error
    for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
      if (at instanceof RecordedFailure) return true
      at = at.cause
    }
    return false
  }
}
