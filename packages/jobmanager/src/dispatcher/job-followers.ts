import type { JobId } from '@millrace/core'

/** Who looked at a running job no longer ago than this is going to look again. */
const lookIntervalMsMax = 1_000

/**
 * Which jobs clients follow by looking at them again and again: a JobManager that shuts down lets
 * them see the end.
 */
export class JobFollowers {
  readonly #lookedAtMs = new Map<JobId, number>()
  readonly #unseen = new Map<JobId, () => void>()

  /** A client got to see the job. `nowMs` by a clock that never goes back. */
  onLook(jobId: JobId, isOver: boolean, nowMs: number): void {
    if (!isOver) {
      this.#lookedAtMs.set(jobId, nowMs)
      return
    }
    this.#unseen.get(jobId)?.()
    this.#unseen.delete(jobId)
  }

  onEnded(jobId: JobId): void {
    this.#lookedAtMs.delete(jobId)
  }

  /** Resolves once the end of each of these jobs that is followed now has been seen. */
  async untilEndsSeen(jobIds: readonly JobId[], nowMs: number): Promise<void> {
    const followed = jobIds.filter((jobId) => {
      return nowMs - (this.#lookedAtMs.get(jobId) ?? -Infinity) <= lookIntervalMsMax
    })
    await Promise.all(
      followed.map((jobId) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#unseen.set(jobId, resolve)
        return promise
      }),
    )
  }
}
