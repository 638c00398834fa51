import {
  assert,
  type CompletedCheckpoint,
  type ErrorInfo,
  errorInfo,
  type JobStatus,
  MillraceError,
  type SavepointId,
} from '@millrace/core'
import type { SavepointDetails } from '@millrace/rpc'
import { discardSavepoint, filesOfCheckpoint, writeSavepoint } from '@millrace/state'
import type { CheckpointCoordinator } from '../coordinator/checkpoint-coordinator.ts'
import type { SavepointRequest } from '../coordinator/requested-savepoint.ts'
import type { CheckpointWorld } from './checkpoint-world.ts'

/** So many that are over are told of. */
const rememberedMax = 20

interface Savepoint {
  readonly request: SavepointRequest
  readonly requestedAtMs: number
  endedAtMs: number
  outcome: 'completed' | 'failed' | undefined
  failure: ErrorInfo | undefined
  taskCount: number
  fileCount: number
  sizeBytes: number
  copiedFileCount: number
  copiedBytes: number
  /** Set once it is being written. */
  writing: Promise<CompletedCheckpoint | undefined> | undefined
}

// Invariants
//  - What is to be written is answered once, unless it was said before that it failed.
//  - Of a savepoint that failed nothing is left, as far as it can be deleted.

/** Writes savepoints of one job, and remembers what became of them. */
export class SavepointExecutor {
  readonly #world: CheckpointWorld
  readonly #savepoints = new Map<SavepointId, Savepoint>()

  constructor(world: CheckpointWorld) {
    this.#world = world
  }

  onRequested(request: SavepointRequest): void {
    const over = [...this.#savepoints].filter(([, { outcome }]) => outcome !== undefined)
    const [oldest] = over
    if (over.length >= rememberedMax && oldest !== undefined) this.#savepoints.delete(oldest[0])
    this.#savepoints.set(request.savepointId, {
      request,
      requestedAtMs: this.#world.clock.now(),
      endedAtMs: 0,
      outcome: undefined,
      failure: undefined,
      taskCount: 0,
      fileCount: 0,
      sizeBytes: 0,
      copiedFileCount: 0,
      copiedBytes: 0,
      writing: undefined,
    })
    const { savepointId, goal, location } = request
    this.#world.logger.info('savepoint requested', { savepointId, goal, location })
  }

  /** Copies the files of the checkpoint, and creates the metadata last. */
  write({ savepointId }: SavepointRequest, checkpoint: CompletedCheckpoint): void {
    const savepoint = this.#of(savepointId)
    const files = filesOfCheckpoint(checkpoint)
    savepoint.taskCount = checkpoint.vertices.reduce(
      (sum, { subtasks }) => sum + subtasks.length,
      0,
    )
    savepoint.fileCount = files.length
    savepoint.sizeBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    savepoint.writing = this.#write(savepoint, checkpoint)
  }

  onCompleted(savepointId: SavepointId): void {
    const savepoint = this.#of(savepointId)
    this.#end(savepoint, 'completed')
    const { request, sizeBytes, fileCount, requestedAtMs, endedAtMs } = savepoint
    this.#world.logger.info('savepoint completed', {
      savepointId,
      location: request.location,
      sizeBytes,
      fileCount,
      durationMs: endedAtMs - requestedAtMs,
    })
  }

  /** Deletes what there is of it, and what still comes. */
  onFailed(savepointId: SavepointId, failure: ErrorInfo): void {
    const savepoint = this.#of(savepointId)
    savepoint.failure = failure
    this.#end(savepoint, 'failed')
    savepoint.writing = savepoint.writing?.then((written) => this.#discard(savepoint, written))
    const { code, message } = failure
    this.#world.logger.warn('savepoint failed', { savepointId, code, message })
  }

  /**
   * The job is over, and its files are about to be deleted. What is being copied is waited for,
   * unless the job was canceled; what is not answered then never will be.
   */
  async finish(status: JobStatus): Promise<void> {
    for (const [savepointId, savepoint] of this.#savepoints) {
      if (status === 'CANCELED' && savepoint.outcome === undefined) {
        this.onFailed(savepointId, jobOver(savepoint.request, status))
      }
      const written = await savepoint.writing
      if (savepoint.outcome !== undefined) continue
      if (written === undefined) this.onFailed(savepointId, jobOver(savepoint.request, status))
      else this.onCompleted(savepointId)
    }
  }

  /** undefined: there was none of that id, or it is long ago. */
  details(
    savepointId: SavepointId,
    coordinator: CheckpointCoordinator,
  ): SavepointDetails | undefined {
    const savepoint = this.#savepoints.get(savepointId)
    if (savepoint === undefined) return undefined
    const { request, requestedAtMs, endedAtMs, outcome, failure, taskCount } = savepoint
    const { fileCount, sizeBytes, copiedFileCount, copiedBytes } = savepoint
    const { current } = coordinator.savepoints
    const isCurrent = current?.request.savepointId === savepointId
    const pending = coordinator.pending.find(
      ({ checkpointId }) => isCurrent && checkpointId === current.checkpointId,
    )
    const tasks = pending === undefined ? 0 : pending.snapshots.size + pending.lateTasks.length
    return {
      ...request,
      state: outcome ?? (isCurrent && current.phase !== 'ending' ? current.phase : 'storing'),
      requestedAtMs,
      endedAtMs,
      acknowledgedCount: pending?.snapshots.size ?? taskCount,
      taskCount: pending === undefined ? taskCount : tasks,
      copiedFileCount,
      fileCount,
      copiedBytes,
      sizeBytes,
      failure,
    }
  }

  /** The newest last. */
  all(coordinator: CheckpointCoordinator): readonly SavepointDetails[] {
    return [...this.#savepoints.keys()].flatMap((id) => this.details(id, coordinator) ?? [])
  }

  /** Resolves with what is there. Never rejects. */
  async #write(
    savepoint: Savepoint,
    checkpoint: CompletedCheckpoint,
  ): Promise<CompletedCheckpoint | undefined> {
    const { storage, storageOf, handle } = this.#world
    const { savepointId, location } = savepoint.request
    let failure: ErrorInfo | undefined
    try {
      await writeSavepoint(storage, storageOf(location), checkpoint, {
        isWanted: () => savepoint.outcome !== 'failed',
        onCopied: ({ sizeBytes }) => {
          savepoint.copiedFileCount += 1
          savepoint.copiedBytes += sizeBytes
        },
      })
    } catch (error) {
      failure = errorInfo(error)
    }
    if (savepoint.outcome === undefined)
      handle({ kind: 'savepoint-answered', savepointId, failure })
    return failure === undefined ? checkpoint : undefined
  }

  async #discard(
    savepoint: Savepoint,
    written: CompletedCheckpoint | undefined,
  ): Promise<undefined> {
    const { storageOf, logger } = this.#world
    const { savepointId, location } = savepoint.request
    if (written === undefined) return
    try {
      await discardSavepoint(storageOf(location), written)
    } catch (error) {
      logger.warn('failed savepoint not deleted', { savepointId, location, error })
    }
  }

  #end(savepoint: Savepoint, outcome: 'completed' | 'failed'): void {
    savepoint.outcome = outcome
    savepoint.endedAtMs = this.#world.clock.now()
  }

  #of(savepointId: SavepointId): Savepoint {
    const savepoint = this.#savepoints.get(savepointId)
    assert(savepoint !== undefined, `Savepoint ${savepointId} was not asked for`)
    return savepoint
  }
}

function jobOver({ savepointId, location }: SavepointRequest, status: JobStatus): ErrorInfo {
  return errorInfo(
    new MillraceError(
      'SAVEPOINT_FAILED',
      `Savepoint ${savepointId} was not taken: the job is ${status}, and was before it was ` +
        `complete. Nothing is left in ${location}.`,
      { blame: 'external', disposition: 'retry', details: { savepointId, location, status } },
    ),
  )
}
