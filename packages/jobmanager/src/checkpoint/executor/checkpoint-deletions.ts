import type { ExecutionAttemptId } from '@millrace/core'
import { checkpointIdOfMetadata, checkpointMetadataName, deleteFiles } from '@millrace/state'
import type { CheckpointCoordinatorCommand } from '../coordinator/checkpoint-command.ts'
import type { CheckpointWorld } from './checkpoint-world.ts'

type Deletion = Extract<CheckpointCoordinatorCommand, { kind: 'delete-checkpoint-files' }>
type DeletionOfAttempt = Extract<CheckpointCoordinatorCommand, { kind: 'delete-files-of-attempt' }>

// Invariants
//  - A checkpoint is struck out before its metadata is deleted, and its metadata before any file
//    whatsoever: while one of them cannot be, no file is deleted.
//  - Nothing is deleted by a JobManager that does not lead.

/**
 * Deletes files of one job, one command after the other, in the order they were asked for. What
 * cannot be deleted is left to `millrace checkpoint gc`, but for metadata, which is tried again.
 */
export class CheckpointDeletions {
  readonly #world: Pick<CheckpointWorld, 'storage' | 'log' | 'logger'>
  /** Those whose metadata has to go before anything else does. */
  readonly #discarded = new Set<number>()
  #last: Promise<void> = Promise.resolve()

  constructor(world: Pick<CheckpointWorld, 'storage' | 'log' | 'logger'>) {
    this.#world = world
  }

  delete(command: Deletion): void {
    this.#last = this.#last.then(() => this.#delete(command))
  }

  deleteFilesOfAttempt({ attemptId, keptNames }: DeletionOfAttempt): void {
    this.#last = this.#last.then(() => this.#deleteFilesOfAttempt(attemptId, keptNames))
  }

  /** Resolves when all is deleted that can be. */
  untilIdle(): Promise<void> {
    return this.#last
  }

  /** Never rejects. */
  async #delete({ names, checkpointIds }: Deletion): Promise<void> {
    const { storage, logger } = this.#world
    for (const id of checkpointIds) this.#discarded.add(id)
    try {
      await this.#deleteMetadata()
      await deleteFiles(
        storage,
        names.filter((name) => checkpointIdOfMetadata(name) === undefined),
      )
    } catch (error) {
      logger.warn('checkpoint files not deleted', { names, error })
    }
  }

  /** Never rejects. */
  async #deleteFilesOfAttempt(
    attemptId: ExecutionAttemptId,
    keptNames: ReadonlySet<string>,
  ): Promise<void> {
    const { storage, logger } = this.#world
    try {
      const files = await storage.inspect(attemptId)
      const names = files.map(({ name }) => name).filter((name) => !keptNames.has(name))
      if (names.length === 0) return
      await this.#deleteMetadata()
      await deleteFiles(storage, names)
      logger.info('files of an attempt that is over deleted', { attemptId, names })
    } catch (error) {
      logger.warn('files of an attempt not deleted', { attemptId, error })
    }
  }

  /** Rejects where it is not all gone, or another JobManager leads. */
  async #deleteMetadata(): Promise<void> {
    const { storage, log } = this.#world
    const ids = [...this.#discarded]
    if (ids.length > 0) await log.onDiscarded(ids)
    await log.confirmLeadership()
    for (const id of ids) {
      await storage.delete(checkpointMetadataName(id))
      this.#discarded.delete(id)
    }
  }
}
