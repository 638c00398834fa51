import type {
  CompletedCheckpoint,
  ExecutionAttemptId,
  SavepointId,
  TaskStateSnapshot,
} from '@millrace/core'
import {
  CompletedCheckpointStore,
  checkpointIdOfMetadata,
  checkpointMetadataName,
  filesOfCheckpoint,
  filesOfSnapshot,
} from '@millrace/state'
import type { AbandonedCheckpoint } from '../executor/job-checkpoint-log.ts'
import type { CheckpointOutbox } from './checkpoint-command.ts'

/** Attempts whose files are looked for; those of others are left to `millrace checkpoint gc`. */
const overCountMax = 1_000

// Invariants
//  - No metadata in storage names a file that was deleted, whoever wrote it and whether it counts:
//    what an abandoned one may name is held until that metadata is deleted.
//  - Metadata is deleted only when a checkpoint of a higher id is remembered, so that no later
//    JobManager uses the id again: who deletes may be stopped, and do it much later.

/**
 * The checkpoints of a job that can be restored, and who else names files: the pending ones, those
 * that were given up while they were written, the chains of attempts that run. What nobody names
 * any more is asked to be deleted. Pure.
 */
export class RetainedCheckpoints {
  readonly #store: CompletedCheckpointStore
  readonly #outbox: CheckpointOutbox
  /** The latest that each attempt acknowledged, completed or not: its chain. */
  readonly #latestAcknowledged = new Map<ExecutionAttemptId, number>()
  /** Attempts that are over and may have written what nobody heard of. */
  readonly #over = new Set<ExecutionAttemptId>()
  /** Retained, but not to be restored. */
  readonly #damaged = new Set<number>()
  /** Not retained, but their metadata may be there. */
  readonly #abandoned = new Set<number>()

  constructor(
    numRetained: number,
    restored: readonly CompletedCheckpoint[],
    abandoned: readonly AbandonedCheckpoint[],
    outbox: CheckpointOutbox,
  ) {
    this.#store = new CompletedCheckpointStore(numRetained, restored)
    this.#outbox = outbox
    for (const { checkpointId, names } of abandoned) {
      this.#store.extend(holderOf(checkpointId), names)
      this.#abandoned.add(checkpointId)
    }
  }

  /** The latest that is not damaged. */
  get latest(): CompletedCheckpoint | undefined {
    return this.#store.retained.findLast(({ checkpointId }) => !this.#damaged.has(checkpointId))
  }

  /** The oldest first; damaged ones included. */
  get all(): readonly CompletedCheckpoint[] {
    return this.#store.retained
  }

  /** Names of what nobody names any more: to be deleted when it was told that this one is there. */
  add(checkpoint: CompletedCheckpoint): readonly string[] {
    // A damaged one must not take the place of one that can be restored.
    const damaged = [...this.#damaged].flatMap((id) => this.#store.discard(id))
    const abandoned = this.#releaseAbandoned(checkpoint.checkpointId)
    return [...damaged, ...abandoned, ...this.#store.add(checkpoint)]
  }

  /** False: it is damaged as far as is known, or not retained. */
  markDamaged(checkpointId: number): boolean {
    const isKnown = this.all.some((each) => each.checkpointId === checkpointId)
    if (!isKnown || this.#damaged.has(checkpointId)) return false
    this.#damaged.add(checkpointId)
    return true
  }

  /** What a task acknowledged for this pending checkpoint, or had at its end. */
  holdForPending(checkpointId: number, snapshot: TaskStateSnapshot): void {
    this.#store.extend(holderOf(checkpointId), namesOf(snapshot))
  }

  /** It is not pending any more; what acknowledgements named stays with attempts that run. */
  releasePending(checkpointId: number): void {
    this.delete(this.#store.release(holderOf(checkpointId)))
  }

  /** It is given up, and its metadata may be there, or still come. */
  abandonPending(checkpointId: number): void {
    this.#abandoned.add(checkpointId)
  }

  /** Its files are being copied. */
  holdForSavepoint(savepointId: SavepointId, checkpoint: CompletedCheckpoint): void {
    const names = filesOfCheckpoint(checkpoint).map(({ name }) => name)
    this.#store.extend(`savepoint ${savepointId}`, names)
  }

  releaseSavepoint(savepointId: SavepointId): void {
    this.delete(this.#store.release(`savepoint ${savepointId}`))
  }

  /** What the attempt's next snapshot may build on, unless it acknowledged a later one. */
  holdForAttempt(
    attemptId: ExecutionAttemptId,
    checkpointId: number,
    snapshot: TaskStateSnapshot,
  ): void {
    const latest = this.#latestAcknowledged.get(attemptId) ?? 0
    if (checkpointId <= latest) return
    this.#latestAcknowledged.set(attemptId, checkpointId)
    this.delete(this.#store.hold(attemptId, namesOf(snapshot)))
  }

  /** The attempt is over: nothing builds on its chain. */
  releaseAttempt(attemptId: ExecutionAttemptId): void {
    if (this.#latestAcknowledged.delete(attemptId)) this.delete(this.#store.release(attemptId))
    this.noteOver(attemptId)
  }

  /** The attempt is over, and may have written what nobody names. */
  noteOver(attemptId: ExecutionAttemptId): void {
    this.#over.add(attemptId)
    const [oldest] = this.#over
    if (this.#over.size > overCountMax && oldest !== undefined) this.#over.delete(oldest)
  }

  /** Later than the attempts' ends: a write that was under way then has come to its end. */
  deleteFilesOfOver(): void {
    for (const attemptId of this.#over) {
      const keptNames = this.#store.namedIn(attemptId)
      this.#outbox.push({ kind: 'delete-files-of-attempt', attemptId, keptNames })
    }
    this.#over.clear()
  }

  delete(names: readonly string[]): void {
    if (names.length === 0) return
    const retained = new Set(this.all.map((each) => each.checkpointId))
    const checkpointIds = names.flatMap((name) => {
      const id = checkpointIdOfMetadata(name)
      return id === undefined || retained.has(id) ? [] : id
    })
    for (const id of checkpointIds) this.#damaged.delete(id)
    this.#outbox.push({ kind: 'delete-checkpoint-files', names, checkpointIds })
  }

  /** Those before this one. */
  #releaseAbandoned(before: number): readonly string[] {
    const names: string[] = []
    for (const id of this.#abandoned) {
      if (id >= before) continue
      this.#abandoned.delete(id)
      names.push(checkpointMetadataName(id), ...this.#store.release(holderOf(id)))
    }
    return names
  }
}

function holderOf(checkpointId: number): string {
  return `checkpoint ${checkpointId}`
}

function namesOf(snapshot: TaskStateSnapshot): readonly string[] {
  return filesOfSnapshot(snapshot).map(({ name }) => name)
}
