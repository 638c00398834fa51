import type { JobId } from '@millrace/core'
import type { JobMaster } from '../job-master/job-master.ts'

/** All jobs a Dispatcher knows: those that run, and the last ones that ended. */
export class JobStore {
  readonly #endedMax: number
  /** In submission order. */
  readonly #jobs = new Map<JobId, JobMaster>()
  /** In the order they ended. */
  readonly #ended = new Set<JobId>()

  constructor(endedMax: number) {
    this.#endedMax = endedMax
  }

  add(job: JobMaster): void {
    this.#jobs.set(job.jobId, job)
  }

  /** The job ended; the longest ended are forgotten beyond the bound. */
  onEnded(job: JobMaster): void {
    this.#ended.add(job.jobId)
    for (const jobId of this.#ended) {
      if (this.#ended.size <= this.#endedMax) return
      this.remove(jobId)
    }
  }

  /** Forgets a job and ends what is left of it. */
  remove(jobId: JobId): void {
    this.#jobs.get(jobId)?.close()
    this.#jobs.delete(jobId)
    this.#ended.delete(jobId)
  }

  get(jobId: JobId): JobMaster | undefined {
    return this.#jobs.get(jobId)
  }

  /** In submission order. */
  all(): readonly JobMaster[] {
    return [...this.#jobs.values()]
  }

  running(): readonly JobMaster[] {
    return this.all().filter((job) => !this.#ended.has(job.jobId))
  }
}
