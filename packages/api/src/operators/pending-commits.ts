import { assert, describeThrown, MillraceError } from '@millrace/core'
import type { Committer } from '../sink/sink.ts'

/** What a sink's writer prepared at the barrier of one checkpoint. As it is in operator state. */
export interface CheckpointCommittables {
  readonly checkpointId: number
  readonly committables: readonly unknown[]
}

// Invariants
//  - Committables are committed only after a checkpoint completed that holds them, oldest first,
//    and stay in every snapshot until their commit has succeeded.
//  - One commit runs at a time. After one that failed none is tried again: the subtask fails, is
//    restored, and commits what its checkpoint holds.

/** The committables of one subtask of a two-phase sink, from their barrier to their commit. */
export class PendingCommits {
  readonly #operatorName: string
  readonly #committer: Committer<unknown>
  #pending: readonly CheckpointCommittables[]
  #committing: Promise<void> = Promise.resolve()

  /** `restored`: from the state of any subtasks, in any order. */
  constructor(
    operatorName: string,
    committer: Committer<unknown>,
    restored: readonly CheckpointCommittables[],
  ) {
    this.#operatorName = operatorName
    this.#committer = committer
    this.#pending = [...restored].sort((a, b) => a.checkpointId - b.checkpointId)
  }

  /** For the snapshot. */
  get pending(): readonly CheckpointCommittables[] {
    return this.#pending
  }

  add(checkpointId: number, committables: readonly unknown[]): void {
    if (committables.length === 0) return
    const last = this.#pending.at(-1)?.checkpointId ?? 0
    assert(
      checkpointId >= last,
      `commits of checkpoint ${checkpointId} come after those of ${last}`,
    )
    this.#pending = [...this.#pending, { checkpointId, committables }]
  }

  /** Commits what was prepared for this checkpoint and for earlier ones. */
  commitUpTo(checkpointId: number): Promise<void> {
    this.#committing = this.#committing.then(() => this.#commitUpTo(checkpointId))
    return this.#committing
  }

  commitAll(): Promise<void> {
    return this.commitUpTo(Number.POSITIVE_INFINITY)
  }

  async #commitUpTo(checkpointId: number): Promise<void> {
    for (;;) {
      const next = this.#pending[0]
      if (next === undefined || next.checkpointId > checkpointId) return
      try {
        await this.#committer.commit(next.committables)
      } catch (error) {
        throw commitFailed(this.#operatorName, next, error)
      }
      this.#pending = this.#pending.filter((each) => each !== next)
    }
  }
}

/** Errors that say themselves what is wrong keep their code. */
function commitFailed(
  operatorName: string,
  { checkpointId, committables }: CheckpointCommittables,
  error: unknown,
): MillraceError {
  if (error instanceof MillraceError) return error
  return new MillraceError(
    'SINK_FAILED',
    `The committer of sink '${operatorName}' failed to commit ${committables.length} ` +
      `committables of checkpoint ${checkpointId}: ${describeThrown(error)}. They are committed ` +
      'again after a restart.',
    { cause: error, disposition: 'retry', blame: 'external', details: { sink: operatorName } },
  )
}
