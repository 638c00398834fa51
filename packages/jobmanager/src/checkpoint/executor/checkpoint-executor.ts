import { type CompletedCheckpoint, type JobStatus, supervise, unreachable } from '@millrace/core'
import type { CheckpointRetention } from '@millrace/core/config'
import type { CheckpointStatistics } from '@millrace/rpc'
import { checkpointMetadataName, deleteFiles, filesOfCheckpoint } from '@millrace/state'
import type { CheckpointCoordinatorCommand } from '../coordinator/checkpoint-command.ts'
import type { CheckpointCoordinator } from '../coordinator/checkpoint-coordinator.ts'
import { CheckpointCommits, completedCheckpoint } from './checkpoint-commits.ts'
import { CheckpointDeletions } from './checkpoint-deletions.ts'
import { CheckpointHistory } from './checkpoint-history.ts'
import type { CheckpointWorld } from './checkpoint-world.ts'
import { SavepointExecutor } from './savepoint-executor.ts'

/** The CheckpointCoordinator's hands. */
export class CheckpointExecutor {
  readonly #world: CheckpointWorld
  readonly #history: CheckpointHistory
  readonly #commits: CheckpointCommits
  readonly #deletions: CheckpointDeletions
  readonly savepoints: SavepointExecutor

  constructor(world: CheckpointWorld) {
    this.#world = world
    this.#history = new CheckpointHistory(world.clock)
    this.#commits = new CheckpointCommits(world, this.#history)
    this.#deletions = new CheckpointDeletions(world)
    this.savepoints = new SavepointExecutor(world)
  }

  statistics(coordinator: CheckpointCoordinator): CheckpointStatistics {
    return this.#history.statistics(coordinator)
  }

  execute(command: CheckpointCoordinatorCommand): void {
    const { logger, jobHost } = this.#world
    switch (command.kind) {
      case 'checkpoint-began':
        this.#history.onBegan(command.checkpointId)
        return
      case 'snapshot-coordinators':
        jobHost.post(command)
        return
      case 'trigger-checkpoint':
      case 'notify-checkpoint-complete':
      case 'notify-checkpoint-aborted':
        this.#tell(command)
        return
      case 'drain-sources':
        for (const { taskManagerId, attemptIds } of command.targets) {
          const { kind } = command
          this.#world.taskExecutor(taskManagerId)?.sendCheckpointCommand({ kind, attemptIds })
        }
        return
      case 'write-savepoint': {
        const { request, checkpoint } = command
        const completed = completedCheckpoint(this.#world, this.#history, checkpoint)
        this.savepoints.write(request, completed)
        return
      }
      case 'savepoint-completed':
        this.savepoints.onCompleted(command.savepointId)
        return
      case 'savepoint-failed':
        this.savepoints.onFailed(command.savepointId, command.failure)
        return
      case 'store-checkpoint':
        this.#commits.store(command.checkpoint)
        return
      case 'give-up-storing':
        this.#commits.giveUp(command.checkpointId, command.failure)
        return
      case 'checkpoint-failed':
        this.#onFailed(command)
        return
      case 'delete-checkpoint-files':
        this.#deletions.delete(command)
        return
      case 'delete-files-of-attempt':
        this.#deletions.deleteFilesOfAttempt(command)
        return
      case 'checkpoint-damaged': {
        const { checkpointId } = command
        logger.error('checkpoint damaged', { checkpointId })
        supervise(this.#world.log.onDiscarded([checkpointId]), (error) =>
          logger.warn('damaged checkpoint not struck out', { checkpointId, error }),
        )
        return
      }
      case 'checkpoint-interval-changed': {
        const { fromMs, toMs, reason } = command
        logger.info('checkpoint interval changed', { fromMs, toMs, reason })
        return
      }
      case 'checkpoint-restored':
        this.#history.onRestored(command.checkpointId)
        logger.info('checkpoint restored', { checkpointId: command.checkpointId })
        return
      default:
        unreachable(command)
    }
  }

  /** The JobManager ends: nothing is tried again. */
  close(): void {
    this.#commits.close()
  }

  /**
   * The job is over with this status: deletes what is not to be kept of its files. Resolves when
   * that is done, or is known to be impossible.
   */
  async finish(
    status: JobStatus,
    retention: CheckpointRetention,
    coordinator: CheckpointCoordinator,
  ): Promise<void> {
    const { storage, log, logger } = this.#world
    this.#commits.close()
    await this.#commits.untilIdle()
    await this.savepoints.finish(status)
    await this.#deletions.untilIdle()
    try {
      await log.onJobEnded()
      await log.confirmLeadership()
      const kept = new Set(
        isRetained(status, retention) ? coordinator.retained.flatMap(allFilesOf) : [],
      )
      const names = (await storage.inspect('')).map(({ name }) => name)
      const unneeded = names.filter((name) => !kept.has(name))
      // Metadata first: what it names has to be there.
      for (const name of unneeded) if (!isState(name)) await storage.delete(name)
      await deleteFiles(storage, unneeded.filter(isState))
      await storage.removeEmptyFolders()
    } catch (error) {
      logger.warn('checkpoints not deleted', { location: storage.location, error })
    }
  }

  #tell(
    command: Extract<
      CheckpointCoordinatorCommand,
      { readonly checkpointId: number; readonly targets: readonly unknown[] }
    >,
  ): void {
    const { kind, checkpointId, targets } = command
    const timestampMs = this.#history.triggeredAtMs(checkpointId)
    if (kind !== 'trigger-checkpoint') {
      const isComplete = kind === 'notify-checkpoint-complete'
      const hostKind = isComplete ? 'checkpoint-completed' : 'checkpoint-aborted'
      this.#world.jobHost.post({ kind: hostKind, checkpointId })
    }
    for (const { taskManagerId, attemptIds } of targets) {
      const taskExecutor = this.#world.taskExecutor(taskManagerId)
      const message = { attemptIds, checkpointId }
      if (kind === 'trigger-checkpoint') {
        const { purpose } = command
        taskExecutor?.sendCheckpointCommand({ kind, ...message, purpose, timestampMs })
      } else {
        taskExecutor?.sendCheckpointCommand({ kind, ...message })
      }
    }
  }

  #onFailed(command: Extract<CheckpointCoordinatorCommand, { kind: 'checkpoint-failed' }>): void {
    const { checkpointId, failure, isFault } = command
    const { code, message } = failure
    if (isFault) {
      this.#history.onFailed(checkpointId, failure)
      this.#world.logger.warn('checkpoint failed', { checkpointId, code, message })
    } else {
      this.#history.onAborted(checkpointId)
      this.#world.logger.info('checkpoint aborted', { checkpointId, message })
    }
  }
}

function isRetained(status: JobStatus, retention: CheckpointRetention): boolean {
  if (status === 'CANCELED') return retention === 'RETAIN_ON_CANCELLATION'
  return status === 'FAILED' && retention !== 'NO_EXTERNALIZED_CHECKPOINTS'
}

function allFilesOf(checkpoint: CompletedCheckpoint): readonly string[] {
  const names = filesOfCheckpoint(checkpoint).map(({ name }) => name)
  return [checkpointMetadataName(checkpoint.checkpointId), ...names]
}

/** Not metadata, which goes first: it never names a file that was deleted. */
function isState(name: string): boolean {
  return !name.startsWith('chk-')
}
