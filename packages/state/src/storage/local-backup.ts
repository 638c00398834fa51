import type { Clock, FileSystem, Logger } from '@millrace/core'
import { Sha256 } from '../io/checksum.ts'
import { runSliced, type Sliced } from '../snapshot/slice.ts'

const hashedPerStepBytes = 128 * 1024

/**
 * Copies of one job's state files on the disk of this machine, under the names they have in
 * checkpoint storage. A copy is worth something only while it is the same as the original: it is
 * not synced, may be gone or damaged, and nothing ever fails for it.
 */
export class LocalBackup {
  readonly #files: FileSystem
  readonly #clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>
  readonly #logger: Logger
  readonly #directory: string
  /** The last write failed: that it goes on failing is not said again. */
  #isFailing = false

  constructor(
    files: FileSystem,
    clock: Pick<Clock, 'monotonicMs' | 'setImmediate'>,
    logger: Logger,
    directory: string,
  ) {
    this.#files = files
    this.#clock = clock
    this.#logger = logger
    this.#directory = directory
  }

  /** Never rejects. */
  async write(name: string, content: Uint8Array): Promise<void> {
    const path = `${this.#directory}/${name}`
    const folder = path.slice(0, path.lastIndexOf('/'))
    try {
      // A folder is deleted when its last file is.
      if (!(await this.#files.exists(folder))) await this.#files.makeDirectory(folder)
      await this.#files.writeFile(path, content)
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn('local copy not written', { path, error })
      this.#isFailing = true
      // A part of it would only take room that is needed.
      await this.#files.remove(path).catch(() => {})
    }
  }

  /**
   * The bytes that the SHA-256 at the end of the name stands for; undefined where this machine does
   * not have them. Never rejects.
   */
  async read(name: string): Promise<Uint8Array | undefined> {
    const path = `${this.#directory}/${name}`
    const bytes = await this.#files.readFile(path).catch((error: unknown) => {
      this.#logger.warn('local copy not readable', { path, error })
      return undefined
    })
    if (bytes === undefined) return undefined
    const digest = await runSliced(sha256Of(bytes), this.#clock)
    if (name.endsWith(`-${digest}`)) return bytes
    const problem = { path, sizeBytes: bytes.length, sha256: digest }
    this.#logger.warn('local copy is damaged, checkpoint storage is read', problem)
    return undefined
  }
}

function* sha256Of(bytes: Uint8Array): Sliced<string> {
  const hash = new Sha256()
  for (let at = 0; at < bytes.length; at += hashedPerStepBytes) {
    hash.update(bytes.subarray(at, at + hashedPerStepBytes))
    yield
  }
  return hash.digest()
}
