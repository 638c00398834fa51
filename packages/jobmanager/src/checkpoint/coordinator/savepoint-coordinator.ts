import { assert, type CompletedCheckpoint, type ErrorInfo, type SavepointId } from '@millrace/core'
import type { AcknowledgedCheckpoint, CheckpointOutbox } from './checkpoint-command.ts'
import { drainAborted, drainFailed, savepointFailed } from './checkpoint-failures.ts'
import type { EndOfDataState } from './end-of-data-tracker.ts'
import { RequestedSavepoint, type SavepointRequest } from './requested-savepoint.ts'
import type { RetainedCheckpoints } from './retained-checkpoints.ts'

// The savepoint of a job that is under way: one at a time. Pure.
//
// Invariants
//  - It is taken with a checkpoint of its own, which is always aligned. While that is under way no
//    other is triggered, so that none gives it up.
//  - Each request is answered once, by 'savepoint-completed' or 'savepoint-failed', unless the job
//    is over before.
//  - The checkpoint of a job that stops is stored only when the savepoint is whole. From then on
//    the job does nothing but end, whatever fails: tasks that start again do so to commit.
//  - Where sources have ended for a savepoint that failed, the whole job goes back.

export class SavepointCoordinator {
  readonly #retained: RetainedCheckpoints
  readonly #outbox: CheckpointOutbox
  #current: RequestedSavepoint | undefined
  #drainFailure: ErrorInfo | undefined

  constructor(retained: RetainedCheckpoints, outbox: CheckpointOutbox) {
    this.#retained = retained
    this.#outbox = outbox
  }

  /** Under way, or complete while the job ends with it. */
  get current(): RequestedSavepoint | undefined {
    return this.#current
  }

  get isStopping(): boolean {
    return this.#current?.phase === 'ending'
  }

  /** As soon as every task runs. */
  request(request: SavepointRequest): void {
    assert(this.#current === undefined, 'A savepoint is under way')
    this.#current = new RequestedSavepoint(request)
  }

  /** The one that is taken with this checkpoint. */
  of(checkpointId: number): RequestedSavepoint | undefined {
    return this.#current?.checkpointId === checkpointId ? this.#current : undefined
  }

  /** No other checkpoint may be triggered now. */
  holdsBackOthers(end: EndOfDataState): boolean {
    return this.#current?.holdsBackOthers(end) === true
  }

  /** All tasks have acknowledged it. False: the checkpoint is to be stored first. */
  writesBeforeStored(checkpoint: AcknowledgedCheckpoint): boolean {
    const savepoint = this.of(checkpoint.checkpointId)
    if (savepoint?.isLast !== true) return false
    this.#write(savepoint, checkpoint)
    return true
  }

  /** Its checkpoint is complete: the job ends with it, or its files are copied from now on. */
  onStored(completed: CompletedCheckpoint, checkpoint: AcknowledgedCheckpoint): void {
    const savepoint = this.of(completed.checkpointId)
    if (savepoint === undefined) return
    const { savepointId } = savepoint.request
    if (savepoint.isLast) {
      savepoint.end()
      this.#outbox.push({ kind: 'savepoint-completed', savepointId })
    } else {
      this.#retained.holdForSavepoint(savepointId, completed)
      this.#write(savepoint, checkpoint)
    }
  }

  /**
   * Its files were copied, or `failure` says why not. Returns the checkpoint that waits for that;
   * undefined: none does, or it was given up meanwhile.
   */
  onAnswered(savepointId: SavepointId, failure: ErrorInfo | undefined): number | undefined {
    this.#retained.releaseSavepoint(savepointId)
    const savepoint = this.#current
    if (savepoint?.request.savepointId !== savepointId) return undefined
    if (savepoint.phase !== 'writing') return undefined
    if (savepoint.isLast) {
      if (failure === undefined) savepoint.store()
      return savepoint.checkpointId
    }
    if (failure !== undefined) {
      this.#fail(savepoint, failure)
    } else {
      this.#current = undefined
      this.#outbox.push({ kind: 'savepoint-completed', savepointId })
    }
    return undefined
  }

  /** The checkpoint was given up. Returns whether it was that of a savepoint. */
  onGivenUp(checkpointId: number, failure: ErrorInfo): boolean {
    const savepoint = this.of(checkpointId)
    if (savepoint === undefined) return false
    this.#fail(savepoint, failure)
    return true
  }

  /** Tasks do not go on. */
  abort(why: string): void {
    const savepoint = this.#current
    if (savepoint?.phase === 'draining') this.#fail(savepoint, drainAborted(why))
  }

  /** What the job was to end with cannot be restored: it goes on from what was before. */
  onDamaged(): void {
    if (this.isStopping) this.#current = undefined
  }

  /** Sources have ended for nothing. Told once. */
  takeDrainFailure(): ErrorInfo | undefined {
    const failure = this.#drainFailure
    this.#drainFailure = undefined
    return failure
  }

  #write(savepoint: RequestedSavepoint, checkpoint: AcknowledgedCheckpoint): void {
    savepoint.write()
    this.#outbox.push({ kind: 'write-savepoint', request: savepoint.request, checkpoint })
  }

  #fail(savepoint: RequestedSavepoint, cause: ErrorInfo): void {
    const { request } = savepoint
    const { savepointId } = request
    this.#current = undefined
    if (savepoint.hasDrained) this.#drainFailure = drainFailed(request, cause)
    const failure = savepointFailed(request, cause)
    this.#outbox.push({ kind: 'savepoint-failed', savepointId, failure })
  }
}
