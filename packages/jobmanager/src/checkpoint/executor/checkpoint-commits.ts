import { type CompletedCheckpoint, type ErrorInfo, errorInfo, MillraceError } from '@millrace/core'
import { checkpointMetadataName, writeCheckpointMetadata } from '@millrace/state'
import { Retry } from '../../retry.ts'
import type { AcknowledgedCheckpoint } from '../coordinator/checkpoint-command.ts'
import type { CheckpointHistory } from './checkpoint-history.ts'
import type { CheckpointWorld } from './checkpoint-world.ts'

// Invariants
//  - What is to be stored is answered once, by 'checkpoint-stored' or 'checkpoint-not-stored'.
//  - A checkpoint of which the latter was said is not remembered, and never will be: no later
//    JobManager restores it. Its metadata may be there, or still come.
//  - Metadata gets its name only if this JobManager led when all but the name was written: who
//    leads later deletes what has no name yet; see take-over-checkpoints.ts.

const removalRetry = { delayInitialMs: 100, delayMsMax: 10_000 }

/**
 * The commit point of each checkpoint: its metadata is written, then it is remembered. One after
 * the other, in the order they were asked for.
 */
export class CheckpointCommits {
  readonly #world: CheckpointWorld
  readonly #history: CheckpointHistory
  /** Those that can still be given up: nobody has begun to remember them. */
  readonly #open = new Set<number>()
  #last: Promise<void> = Promise.resolve()
  #removal: Retry | undefined
  #isClosed = false

  constructor(world: CheckpointWorld, history: CheckpointHistory) {
    this.#world = world
    this.#history = history
  }

  store(acknowledged: AcknowledgedCheckpoint): void {
    this.#open.add(acknowledged.checkpointId)
    this.#last = this.#last.then(() => this.#store(acknowledged))
  }

  /** Answers at once that it is not stored, unless it is just being remembered. */
  giveUp(checkpointId: number, failure: ErrorInfo): void {
    if (!this.#open.delete(checkpointId)) return
    this.#world.handle({ kind: 'checkpoint-not-stored', checkpointId, failure })
  }

  /** Resolves when nothing is being written any more. */
  untilIdle(): Promise<void> {
    return this.#last
  }

  /** It does not matter any more which checkpoints are remembered. */
  close(): void {
    this.#isClosed = true
    this.#removal?.stop()
  }

  /** Never rejects. */
  async #store(acknowledged: AcknowledgedCheckpoint): Promise<void> {
    const { handle } = this.#world
    const { checkpointId } = acknowledged
    if (!this.#open.has(checkpointId)) return
    const checkpoint = completedCheckpoint(this.#world, this.#history, acknowledged)
    const notWritten = await this.#write(checkpoint)
    if (!this.#open.delete(checkpointId)) return
    const failure = notWritten ?? (await this.#remember(checkpoint))
    if (failure !== undefined) {
      handle({ kind: 'checkpoint-not-stored', checkpointId, failure })
      return
    }
    this.#note(acknowledged)
    handle({ kind: 'checkpoint-stored', checkpoint })
  }

  /** Returns why it is not written. */
  async #write(checkpoint: CompletedCheckpoint): Promise<ErrorInfo | undefined> {
    const { storage, log } = this.#world
    const { checkpointId } = checkpoint
    const confirm = async (): Promise<void> => {
      await log.confirmLeadership()
      if (!this.#open.has(checkpointId)) throw givenUp(checkpointId)
    }
    try {
      const isOurs = await writeCheckpointMetadata(storage, checkpoint, confirm)
      return isOurs ? undefined : errorInfo(metadataTaken(checkpointId, storage.location))
    } catch (error) {
      return errorInfo(error)
    }
  }

  /** Returns why it is not remembered. */
  async #remember(checkpoint: CompletedCheckpoint): Promise<ErrorInfo | undefined> {
    try {
      await this.#world.log.onCompleted(checkpoint)
      return undefined
    } catch (error) {
      await this.#forget(checkpoint.checkpointId)
      return errorInfo(error)
    }
  }

  /** Until it is known that no later JobManager finds it, whatever was written of it. */
  async #forget(checkpointId: number): Promise<void> {
    const { clock, log, logger } = this.#world
    const retry = new Retry(clock, {
      ...removalRetry,
      onFailure: (error) => {
        if (this.#isClosed || isSuperseded(error)) return false
        logger.warn('failed checkpoint not struck out, is tried again', { checkpointId, error })
        return true
      },
    })
    this.#removal = retry
    await retry.run(() => log.onDiscarded([checkpointId]))
  }

  #note(acknowledged: AcknowledgedCheckpoint): void {
    const { storage, logger } = this.#world
    const { checkpointId, metrics } = acknowledged
    const location = `${storage.location}/${checkpointMetadataName(checkpointId)}`
    const durationMs = this.#history.onCompleted(acknowledged, location)
    logger.info('checkpoint completed', { checkpointId, durationMs, ...metrics, location })
  }
}

/** What is to be in its metadata. */
export function completedCheckpoint(
  { jobId, jobName, clock, log }: CheckpointWorld,
  history: CheckpointHistory,
  { checkpointId, vertices, coordinators }: AcknowledgedCheckpoint,
): CompletedCheckpoint {
  return {
    kind: 'checkpoint',
    jobId,
    jobName,
    checkpointId,
    epoch: log.epoch,
    triggeredAtMs: history.triggeredAtMs(checkpointId),
    completedAtMs: clock.now(),
    vertices,
    coordinators,
  }
}

function isSuperseded(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'JOB_MANAGER_SUPERSEDED'
}

function givenUp(checkpointId: number): MillraceError {
  return new MillraceError(
    'CHECKPOINT_ABORTED',
    `Checkpoint ${checkpointId} was given up while its metadata was being written.`,
    { disposition: 'retry', blame: 'external', details: { checkpointId } },
  )
}

function metadataTaken(checkpointId: number, location: string): MillraceError {
  const name = checkpointMetadataName(checkpointId)
  return new MillraceError(
    'CHECKPOINT_FAILED',
    `${location}/${name} exists already. Another JobManager wrote it: let only one run this job.`,
    { disposition: 'retry', blame: 'external', details: { checkpointId } },
  )
}
