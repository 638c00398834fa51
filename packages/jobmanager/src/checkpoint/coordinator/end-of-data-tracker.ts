import type { ExecutionAttemptId, TaskStateSnapshot } from '@millrace/core'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'

/**
 * reached: all tasks that run are at their end of data, and one at least waits for a checkpoint
 * that says so. finishing: there was one for each of them.
 */
export type EndOfDataState = 'open' | 'reached' | 'finishing'

/** Which attempts are at their end, and which of them know that this is durable. Pure. */
export class EndOfDataTracker {
  readonly #reached = new Set<ExecutionAttemptId>()
  readonly #finishing = new Set<ExecutionAttemptId>()

  /** False: it is known already. */
  onReached(attemptId: ExecutionAttemptId): boolean {
    if (this.#reached.has(attemptId)) return false
    this.#reached.add(attemptId)
    return true
  }

  onCompleted(snapshots: ReadonlyMap<ExecutionVertex, TaskStateSnapshot>): void {
    for (const [{ execution }, { isFinished }] of snapshots) {
      if (isFinished) this.#finishing.add(execution.attemptId)
    }
  }

  forget(attemptId: ExecutionAttemptId): void {
    this.#reached.delete(attemptId)
    this.#finishing.delete(attemptId)
  }

  stateOf(vertices: readonly ExecutionVertex[]): EndOfDataState {
    const waiting = vertices.filter(
      ({ execution }) => execution.state === 'RUNNING' && !this.#finishing.has(execution.attemptId),
    )
    if (waiting.length === 0) return 'finishing'
    const isReached = waiting.every(({ execution }) => this.#reached.has(execution.attemptId))
    return isReached ? 'reached' : 'open'
  }
}
