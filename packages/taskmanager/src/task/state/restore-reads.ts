import type { CheckpointStorage, Clock, LogFields } from '@millrace/core'
import { BackedUpCheckpointStorage, type RestoreSource } from '@millrace/state'

/**
 * What one task reads while it is restored: the copies of this machine first. It counts where the
 * bytes came from, and ends the restore of a task that is to be canceled.
 */
export class RestoreReads implements RestoreSource {
  readonly #storage: CheckpointStorage
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #canceled: AbortSignal
  readonly #startMs: number
  readonly #local = { files: 0, bytes: 0 }
  readonly #remote = { files: 0, bytes: 0 }

  constructor(
    storage: CheckpointStorage,
    clock: Pick<Clock, 'monotonicMs'>,
    canceled: AbortSignal,
  ) {
    this.#storage = storage
    this.#clock = clock
    this.#canceled = canceled
    this.#startMs = clock.monotonicMs()
  }

  get location(): string {
    return this.#storage.location
  }

  /**
   * A read that is canceled goes on, for nobody. Each has a promise of its own to race with: one
   * for all would hold what was read as long as the task lives.
   */
  async read(name: string): Promise<Uint8Array> {
    this.checkWanted()
    const { promise, reject } = Promise.withResolvers<never>()
    const end = (): void => reject(canceledError())
    this.#canceled.addEventListener('abort', end, { once: true })
    try {
      return await Promise.race([this.#read(name), promise])
    } finally {
      this.#canceled.removeEventListener('abort', end)
    }
  }

  /** What it throws ends a restore that nobody waits for, and is told to nobody. */
  checkWanted(): void {
    if (this.#canceled.aborted) throw canceledError()
  }

  /** For the log, when all is restored. */
  get summary(): LogFields {
    return {
      localBytes: this.#local.bytes,
      localFiles: this.#local.files,
      remoteBytes: this.#remote.bytes,
      remoteFiles: this.#remote.files,
      durationMs: Math.round(this.#clock.monotonicMs() - this.#startMs),
    }
  }

  async #read(name: string): Promise<Uint8Array> {
    const storage = this.#storage
    const isBackedUp = storage instanceof BackedUpCheckpointStorage
    const local = isBackedUp ? await storage.local.read(name) : undefined
    const bytes = local ?? (await (isBackedUp ? storage.durable : storage).read(name))
    const count = local === undefined ? this.#remote : this.#local
    count.files++
    count.bytes += bytes.length
    return bytes
  }
}

function canceledError(): Error {
  return new Error('The task was canceled while it was being restored')
}
