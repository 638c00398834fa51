import {
  type CheckpointCommand,
  type CheckpointReport,
  type ExecutionAttemptId,
  type JobId,
  unreachable,
} from '@millrace/core'
import { filesOfSnapshot, parseStateFileName } from '@millrace/state'

// Invariants
//  - What the newest completed checkpoint names of what tasks here acknowledged is needed, and all
//    that belongs to a later checkpoint: that may be being written.
//  - Acknowledgements are remembered from the newest completed checkpoint on.

interface Acknowledgements {
  readonly names: Set<string>
  readonly attemptIds: Set<ExecutionAttemptId>
}

interface BackedUpJob {
  completedId: number
  needed: ReadonlySet<string>
  /** By checkpoint; those later than the newest completed one. */
  readonly acknowledged: Map<number, Acknowledgements>
}

/** Which local copies of state are worth keeping. Pure. */
export class LocalBackupIndex {
  readonly #jobs = new Map<JobId, BackedUpJob>()

  /** The job runs here and is backed up. */
  add(jobId: JobId): void {
    if (this.#jobs.has(jobId)) return
    this.#jobs.set(jobId, { completedId: 0, needed: new Set(), acknowledged: new Map() })
  }

  has(jobId: JobId): boolean {
    return this.#jobs.has(jobId)
  }

  get jobIds(): readonly JobId[] {
    return [...this.#jobs.keys()]
  }

  remove(jobId: JobId): void {
    this.#jobs.delete(jobId)
  }

  /** Before the JobManager hears of it. */
  onReport(report: Extract<CheckpointReport, { readonly kind: 'acknowledge-checkpoint' }>): void {
    const { jobId, checkpointId, attemptId, snapshot } = report
    const job = this.#jobs.get(jobId)
    if (job === undefined || checkpointId <= job.completedId) return
    let all = job.acknowledged.get(checkpointId)
    if (all === undefined) {
      all = { names: new Set(), attemptIds: new Set() }
      job.acknowledged.set(checkpointId, all)
    }
    all.attemptIds.add(attemptId)
    for (const { name } of filesOfSnapshot(snapshot)) all.names.add(name)
  }

  /** Returns the job of which less is needed now. */
  onCommand(command: CheckpointCommand): JobId | undefined {
    const { attemptIds } = command
    switch (command.kind) {
      case 'trigger-checkpoint':
      case 'drain-sources':
        return undefined
      case 'notify-checkpoint-aborted':
        this.#acknowledgedBy(attemptIds, command.checkpointId)?.job.acknowledged.delete(
          command.checkpointId,
        )
        return undefined
      case 'notify-checkpoint-complete': {
        const { checkpointId } = command
        const found = this.#acknowledgedBy(attemptIds, checkpointId)
        if (found === undefined) return undefined
        const { jobId, job, names } = found
        job.completedId = checkpointId
        job.needed = names
        for (const id of job.acknowledged.keys()) {
          if (id <= checkpointId) job.acknowledged.delete(id)
        }
        return jobId
      }
      default:
        return unreachable(command)
    }
  }

  /** `name`: as in checkpoint storage. */
  isNeeded(jobId: JobId, name: string): boolean {
    const job = this.#jobs.get(jobId)
    const checkpointId = parseStateFileName(name)?.checkpointId
    if (job === undefined || checkpointId === undefined) return false
    return checkpointId > job.completedId || job.needed.has(name)
  }

  /** Checkpoints of several jobs have the same ids: attempts tell which one it is. */
  #acknowledgedBy(
    attemptIds: readonly ExecutionAttemptId[],
    checkpointId: number,
  ): { jobId: JobId; job: BackedUpJob; names: ReadonlySet<string> } | undefined {
    for (const [jobId, job] of this.#jobs) {
      const all = job.acknowledged.get(checkpointId)
      if (all === undefined || !attemptIds.some((id) => all.attemptIds.has(id))) continue
      return { jobId, job, names: all.names }
    }
    return undefined
  }
}
