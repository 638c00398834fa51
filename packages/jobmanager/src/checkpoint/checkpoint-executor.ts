import {
  type CheckpointStorage,
  type Clock,
  type CompletedCheckpoint,
  errorInfo,
  type JobHostCommand,
  type JobId,
  type JobStatus,
  type Logger,
  MillraceError,
  supervise,
  type TaskManagerId,
  unreachable,
} from '@millrace/core'
import type { CheckpointRetention } from '@millrace/core/config'
import type { CheckpointStatistics, TaskExecutorGateway } from '@millrace/rpc'
import { checkpointMetadataName, filesOfCheckpoint, writeCheckpointMetadata } from '@millrace/state'
import type { JobSchedulerEvent } from '../scheduler/job-scheduler-event.ts'
import type { AcknowledgedCheckpoint, CheckpointCoordinatorCommand } from './checkpoint-command.ts'
import type { CheckpointCoordinator } from './checkpoint-coordinator.ts'
import { CheckpointHistory } from './checkpoint-history.ts'
import type { JobCheckpointLog } from './job-checkpoint-log.ts'

/** What the commands of one job's CheckpointCoordinator are executed with. */
export interface CheckpointWorld {
  readonly jobId: JobId
  readonly jobName: string
  readonly clock: Clock
  readonly logger: Logger
  readonly storage: CheckpointStorage
  readonly log: JobCheckpointLog
  /** undefined where the TaskManager is gone. */
  readonly taskExecutor: (taskManagerId: TaskManagerId) => TaskExecutorGateway | undefined
  readonly jobHost: { post(command: JobHostCommand): void }
  /** What came of it. */
  readonly handle: (event: JobSchedulerEvent) => void
}

/**
 * The CheckpointCoordinator's hands. Writes and deletions of files come one after the other, each
 * kind in the order it was asked for.
 */
export class CheckpointExecutor {
  readonly #world: CheckpointWorld
  readonly #history: CheckpointHistory
  #stores: Promise<void> = Promise.resolve()
  #deletions: Promise<void> = Promise.resolve()

  constructor(world: CheckpointWorld) {
    this.#world = world
    this.#history = new CheckpointHistory(world.clock)
  }

  statistics(coordinator: CheckpointCoordinator): CheckpointStatistics {
    return this.#history.statistics(coordinator)
  }

  /**
   * Before the first command, where an earlier JobManager had the job: removes what it left of
   * metadata that it was about to write.
   */
  begin(): void {
    this.#stores = this.#stores.then(() => this.#deleteUnfinishedMetadata())
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
      case 'store-checkpoint':
        this.#stores = this.#stores.then(() => this.#store(command.checkpoint))
        return
      case 'checkpoint-failed':
        this.#onFailed(command)
        return
      case 'delete-checkpoint-files':
        this.#deletions = this.#deletions.then(() => this.#delete(command))
        return
      case 'delete-files-of-attempt':
        this.#deletions = this.#deletions.then(() => this.#deleteFilesOfAttempt(command))
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
    await this.#stores
    await this.#deletions
    try {
      await log.onJobEnded()
      await log.confirmLeadership()
      const kept = new Set(
        isRetained(status, retention) ? coordinator.retained.flatMap(allFilesOf) : [],
      )
      const names = (await storage.inspect('')).map(({ name }) => name)
      const metadataFirst = names.toSorted((a, b) => Number(isState(a)) - Number(isState(b)))
      for (const name of metadataFirst) if (!kept.has(name)) await storage.delete(name)
      await storage.removeEmptyFolders()
    } catch (error) {
      logger.warn('checkpoints not deleted', { location: storage.location, error })
    }
  }

  /**
   * Before anything is stored, so that none of it is this JobManager's own, and never a name that
   * is used again: who led then may find out much later that it deletes. Never rejects.
   */
  async #deleteUnfinishedMetadata(): Promise<void> {
    const { storage, log, logger } = this.#world
    try {
      const names = (await storage.inspect('')).map(({ name }) => name)
      const unfinished = names.filter((name) => !isState(name) && name.endsWith('.tmp'))
      await log.confirmLeadership()
      for (const name of unfinished) await storage.delete(name)
      await storage.removeEmptyFolders()
    } catch (error) {
      logger.warn('unfinished checkpoints not deleted', { location: storage.location, error })
    }
  }

  #tell(
    command: Extract<CheckpointCoordinatorCommand, { readonly targets: readonly unknown[] }>,
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

  /** The commit point of a checkpoint, and what came of it. */
  async #store(acknowledged: AcknowledgedCheckpoint): Promise<void> {
    const { storage, logger, handle } = this.#world
    const { checkpointId, metrics } = acknowledged
    let checkpoint: CompletedCheckpoint
    try {
      checkpoint = await this.#commit(acknowledged)
    } catch (error) {
      handle({ kind: 'checkpoint-not-stored', checkpointId, failure: errorInfo(error) })
      return
    }
    const location = `${storage.location}/${checkpointMetadataName(checkpointId)}`
    const durationMs = this.#history.onCompleted(acknowledged, location)
    logger.info('checkpoint completed', { checkpointId, durationMs, ...metrics, location })
    handle({ kind: 'checkpoint-stored', checkpoint })
  }

  async #commit(acknowledged: AcknowledgedCheckpoint): Promise<CompletedCheckpoint> {
    const { jobId, jobName, clock, storage, log } = this.#world
    const { checkpointId, vertices, coordinators } = acknowledged
    const checkpoint: CompletedCheckpoint = {
      kind: 'checkpoint',
      jobId,
      jobName,
      checkpointId,
      epoch: log.epoch,
      triggeredAtMs: this.#history.triggeredAtMs(checkpointId),
      completedAtMs: clock.now(),
      vertices,
      coordinators,
    }
    const isOurs = await writeCheckpointMetadata(storage, checkpoint)
    if (!isOurs) throw metadataTaken(checkpointId, storage.location)
    await log.onCompleted(checkpoint)
    return checkpoint
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

  /** Never rejects, as below. */
  async #deleteFilesOfAttempt(
    command: Extract<CheckpointCoordinatorCommand, { kind: 'delete-files-of-attempt' }>,
  ): Promise<void> {
    const { storage, log, logger } = this.#world
    const { attemptId, keptNames } = command
    try {
      const files = await storage.inspect(attemptId)
      const names = files.map(({ name }) => name).filter((name) => !keptNames.has(name))
      if (names.length === 0) return
      await log.confirmLeadership()
      for (const name of names) await storage.delete(name)
      logger.info('files of an attempt that is over deleted', { attemptId, names })
    } catch (error) {
      logger.warn('files of an attempt not deleted', { attemptId, error })
    }
  }

  /** Never rejects: what is left is found by `millrace checkpoint gc`. */
  async #delete(
    command: Extract<CheckpointCoordinatorCommand, { kind: 'delete-checkpoint-files' }>,
  ): Promise<void> {
    const { storage, log, logger } = this.#world
    const { names, checkpointIds } = command
    try {
      if (checkpointIds.length > 0) await log.onDiscarded(checkpointIds)
      await log.confirmLeadership()
      for (const name of names) await storage.delete(name)
    } catch (error) {
      logger.warn('checkpoint files not deleted', { names, error })
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

function metadataTaken(checkpointId: number, location: string): MillraceError {
  const name = checkpointMetadataName(checkpointId)
  return new MillraceError(
    'CHECKPOINT_FAILED',
    `${location}/${name} exists already. Another JobManager wrote it: let only one run this job.`,
    { disposition: 'retry', blame: 'external', details: { checkpointId } },
  )
}
