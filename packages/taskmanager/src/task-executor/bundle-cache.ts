import { createHash } from 'node:crypto'
import {
  type BundleHash,
  type BundleReference,
  type FileSystem,
  type JobId,
  type Logger,
  MillraceError,
} from '@millrace/core'

/** The content of a bundle, from the JobManager. */
export type FetchBundle = (hash: BundleHash) => AsyncIterable<Uint8Array>

export interface BundleCacheOptions {
  /** Belongs to this TaskManager alone. */
  readonly directory: string
  /** Most that all bundles may take; those that no job uses make room first. */
  readonly sizeBytesMax: number
}

interface CachedBundle {
  readonly sizeBytes: number
  readonly jobs: Set<JobId>
  /** Of the file, once it is there. */
  path: Promise<string>
}

/**
 * Bundles of jobs as files `<hash>.mjs`, fetched once whoever asks, verified by their hash. A
 * bundle stays while a job uses it, and after that until its room is needed.
 */
export class BundleCache {
  readonly #logger: Logger
  readonly #fileSystem: FileSystem
  readonly #fetchBundle: FetchBundle
  readonly #options: BundleCacheOptions
  /** Least recently asked for first. */
  readonly #bundles = new Map<BundleHash, CachedBundle>()
  /** Deletions under way: a file is not written anew before the old one is gone. */
  readonly #removals = new Map<BundleHash, Promise<void>>()

  constructor(
    logger: Logger,
    fileSystem: FileSystem,
    fetchBundle: FetchBundle,
    options: BundleCacheOptions,
  ) {
    this.#logger = logger
    this.#fileSystem = fileSystem
    this.#fetchBundle = fetchBundle
    this.#options = options
  }

  /**
   * Path of the bundle's file. It stays until the job is released. Rejects with BUNDLE_CORRUPT,
   * BUNDLE_STORE_FULL or what fetching it met; the next call tries again.
   */
  acquire(jobId: JobId, bundle: BundleReference): Promise<string> {
    const cached = this.#bundles.get(bundle.hash)
    if (cached !== undefined) {
      this.#bundles.delete(bundle.hash)
      this.#bundles.set(bundle.hash, cached)
      cached.jobs.add(jobId)
      return this.#stillThere(cached, jobId, bundle)
    }
    const entry: CachedBundle = {
      sizeBytes: bundle.sizeBytes,
      jobs: new Set([jobId]),
      path: Promise.resolve(''),
    }
    this.#bundles.set(bundle.hash, entry)
    entry.path = this.#store(bundle).catch((error: unknown) => {
      if (this.#bundles.get(bundle.hash) === entry) this.#bundles.delete(bundle.hash)
      throw error
    })
    return entry.path
  }

  /** The job needs its bundle no more. */
  release(jobId: JobId): void {
    for (const bundle of this.#bundles.values()) bundle.jobs.delete(jobId)
  }

  releaseAll(): void {
    for (const bundle of this.#bundles.values()) bundle.jobs.clear()
  }

  /** Deletes what an earlier process left in the directory. Before the first `acquire`. */
  async clear(): Promise<void> {
    const names = await this.#fileSystem.list(this.#options.directory)
    const bundles = names.filter((name) => /^[0-9a-f]{64}\.mjs$/.test(name))
    await Promise.all(
      bundles.map((name) => this.#fileSystem.remove(`${this.#options.directory}/${name}`)),
    )
  }

  /** Temporary directories are tidied by others: a file that went away is fetched again. */
  async #stillThere(cached: CachedBundle, jobId: JobId, bundle: BundleReference): Promise<string> {
    const path = await cached.path
    if (await this.#fileSystem.exists(path)) return path
    if (this.#bundles.get(bundle.hash) === cached) this.#bundles.delete(bundle.hash)
    return this.acquire(jobId, bundle)
  }

  async #store(bundle: BundleReference): Promise<string> {
    await this.#makeRoom(bundle)
    const content = await this.#fetch(bundle)
    const path = this.#pathOf(bundle.hash)
    try {
      await this.#fileSystem.makeDirectory(this.#options.directory)
      await this.#fileSystem.writeFileAtomically(path, content)
    } catch (cause) {
      throw this.#storeFull(bundle, `cannot be written: ${reasonOf(cause)}`, cause)
    }
    this.#logger.debug('bundle stored', { hash: bundle.hash, sizeBytes: bundle.sizeBytes })
    return path
  }

  async #makeRoom(bundle: BundleReference): Promise<void> {
    let total = 0
    for (const { sizeBytes } of this.#bundles.values()) total += sizeBytes
    for (const [hash, { jobs, sizeBytes }] of this.#bundles) {
      if (total <= this.#options.sizeBytesMax) break
      if (jobs.size > 0) continue
      this.#bundles.delete(hash)
      this.#removals.set(hash, this.#remove(hash))
      total -= sizeBytes
    }
    if (total > this.#options.sizeBytesMax) {
      const others = total - bundle.sizeBytes
      const bound = `blob.storage.size-max is ${this.#options.sizeBytesMax} bytes`
      throw this.#storeFull(bundle, `has no room: ${bound}, running jobs use ${others}`, undefined)
    }
    await this.#removals.get(bundle.hash)
  }

  async #remove(hash: BundleHash): Promise<void> {
    try {
      await this.#fileSystem.remove(this.#pathOf(hash))
    } catch (error) {
      this.#logger.warn('bundle not deleted', { hash, error: reasonOf(error) })
    } finally {
      this.#removals.delete(hash)
    }
  }

  async #fetch(bundle: BundleReference): Promise<Uint8Array> {
    const content = new Uint8Array(bundle.sizeBytes)
    let length = 0
    try {
      for await (const chunk of this.#fetchBundle(bundle.hash)) {
        if (length + chunk.length <= content.length) content.set(chunk, length)
        length += chunk.length
        if (length > content.length) break
      }
    } catch (cause) {
      if (cause instanceof MillraceError) throw cause
      const message =
        `Bundle ${bundle.hash} could not be fetched from the JobManager: ${reasonOf(cause)}. ` +
        'The task is tried again; if it goes on, look at the log of the JobManager.'
      throw new MillraceError('RPC_FAILED', message, { cause, disposition: 'retry' })
    }
    const found = createHash('sha256').update(content).digest('hex')
    if (length === content.length && found === bundle.hash) return content
    const seen = length === content.length ? `has the hash ${found}` : sizeProblem(length, bundle)
    const message =
      `Bundle ${bundle.hash} arrived damaged: it ${seen}. The task is tried again with a fresh ` +
      'copy; if it goes on, the copy of the JobManager is damaged: submit the job again.'
    throw new MillraceError('BUNDLE_CORRUPT', message, {
      disposition: 'retry',
      blame: 'external',
      details: { hash: bundle.hash, sizeBytes: bundle.sizeBytes },
    })
  }

  #storeFull(bundle: BundleReference, problem: string, cause: unknown): MillraceError {
    const { directory } = this.#options
    const message =
      `Bundle ${bundle.hash} (${bundle.sizeBytes} bytes) in ${directory} ${problem}. ` +
      'Make room there, make it writable, or name another directory with blob.storage.directory.'
    return new MillraceError('BUNDLE_STORE_FULL', message, {
      cause,
      disposition: 'retry',
      blame: 'external',
      details: { directory, sizeBytes: bundle.sizeBytes },
    })
  }

  #pathOf(hash: BundleHash): string {
    return `${this.#options.directory}/${hash}.mjs`
  }
}

function sizeProblem(length: number, bundle: BundleReference): string {
  const more = length > bundle.sizeBytes ? 'more than ' : `${length} of `
  return `has ${more}${bundle.sizeBytes} bytes`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
