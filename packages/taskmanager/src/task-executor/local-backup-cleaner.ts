import {
  type CheckpointCommand,
  type Clock,
  type FileSystem,
  type JobId,
  type JobInformation,
  type Logger,
  supervise,
  type TaskManagerMessage,
  type Timer,
} from '@millrace/core'
import { LocalBackupIndex } from './local-backup-index.ts'

/** How long copies wait for a JobManager that comes back and restores its jobs. */
const sessionGapMsMax = 10 * 60_000

/**
 * Deletes the local copies of state, `<directory>/<job>/…`, that nobody is going to restore. Slot
 * threads write them; whoever is told first of acknowledgements and completions sees to the rest.
 */
export class LocalBackupCleaner {
  readonly #clock: Pick<Clock, 'setTimer'>
  readonly #logger: Logger
  readonly #files: FileSystem
  readonly #directory: string
  readonly #index = new LocalBackupIndex()
  /** Jobs whose files are being looked through; true: they have to be once more. */
  readonly #cleaning = new Map<JobId, boolean>()
  #gap: { readonly timer: Timer; readonly jobIds: Set<JobId> } | undefined

  constructor(
    clock: Pick<Clock, 'setTimer'>,
    logger: Logger,
    files: FileSystem,
    directory: string,
  ) {
    this.#clock = clock
    this.#logger = logger
    this.#files = files
    this.#directory = directory
  }

  /** Deletes what an earlier process left. Before the first job. */
  clear(): void {
    this.#supervise(this.#removeUnneeded(this.#directory, () => false))
  }

  onLeased({ jobId, state }: JobInformation): void {
    if (state.checkpointing?.isBackedUpLocally !== true) return
    this.#index.add(jobId)
    this.#gap?.jobIds.delete(jobId)
  }

  onMessage(message: TaskManagerMessage): void {
    if (message.kind === 'acknowledge-checkpoint') this.#index.onReport(message)
  }

  onCommand(command: CheckpointCommand): void {
    const jobId = this.#index.onCommand(command)
    if (jobId !== undefined) this.#clean(jobId)
  }

  /** A thread that wrote for this job is gone; it may have outlived the job. */
  onThreadExited({ jobId, state }: JobInformation): void {
    const isBackedUp = state.checkpointing?.isBackedUpLocally === true
    if (isBackedUp && !this.#index.has(jobId)) this.#clean(jobId)
  }

  release(jobId: JobId): void {
    if (!this.#index.has(jobId)) return
    this.#index.remove(jobId)
    this.#clean(jobId)
  }

  /** Jobs that are not leased again within a time are over. */
  onSessionClosed(): void {
    const jobIds = new Set([...this.#index.jobIds, ...(this.#gap?.jobIds ?? [])])
    this.close()
    if (jobIds.size === 0) return
    const timer = this.#clock.setTimer(sessionGapMsMax, () => {
      this.#gap = undefined
      for (const jobId of jobIds) this.release(jobId)
    })
    this.#gap = { timer, jobIds }
  }

  close(): void {
    this.#gap?.timer.cancel()
    this.#gap = undefined
  }

  #clean(jobId: JobId): void {
    if (this.#cleaning.has(jobId)) {
      this.#cleaning.set(jobId, true)
      return
    }
    this.#cleaning.set(jobId, false)
    const directory = `${this.#directory}/${jobId}`
    const cleaned = this.#removeUnneeded(directory, (name) => this.#index.isNeeded(jobId, name))
    this.#supervise(
      cleaned.finally(() => {
        const isDueAgain = this.#cleaning.get(jobId) === true
        this.#cleaning.delete(jobId)
        if (isDueAgain) this.#clean(jobId)
      }),
    )
  }

  async #removeUnneeded(directory: string, isNeeded: (name: string) => boolean): Promise<void> {
    const files = await this.#files.listRecursively(directory)
    const emptied = new Set<string>()
    for (const { name } of files) {
      const path = `${directory}/${name}`
      if (isNeeded(name)) continue
      await this.#files.remove(path)
      for (let end = path.lastIndexOf('/'); end >= directory.length; ) {
        emptied.add(path.slice(0, end))
        end = path.lastIndexOf('/', end - 1)
      }
    }
    const innermostFirst = [...emptied].sort((a, b) => b.length - a.length)
    for (const folder of innermostFirst) await this.#files.removeDirectory(folder)
  }

  #supervise(work: Promise<void>): void {
    supervise(work, (error) => {
      this.#logger.warn('local copies not deleted', { directory: this.#directory, error })
    })
  }
}
