import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { BundleHash, type BundleReference, type FileSystem, MillraceError } from '@millrace/core'
import { bundleCorrupt, bundleMissing, bundleStoreFull, isDiskFull } from './bundle-errors.ts'
import { BundleUpload } from './bundle-upload.ts'

export interface BundleStoreOptions {
  /** Absolute path; made if there is none. */
  readonly directory: string
  readonly sizeMaxBytes: number
}

interface StoredBundle {
  readonly sizeBytes: number
  /** Jobs that run it, and uploads under way. A bundle in use is never removed. */
  useCount: number
}

/** The name says the size, so that opening the store reads no file. */
const namePattern = /^([0-9a-f]{64})-(\d+)\.mjs$/

/**
 * Bundles of jobs in files, named by their content's hash and bounded in total size. Bundles that
 * no job uses stay until their room is needed, the longest unused first. Order of calls: `open`
 * first.
 */
export class BundleStore {
  readonly #fileSystem: FileSystem
  readonly #options: BundleStoreOptions
  /** In the order of their last use. */
  readonly #bundles = new Map<BundleHash, StoredBundle>()
  readonly #uploads = new Map<BundleHash, Promise<void>>()
  #reservedBytes = 0

  constructor(fileSystem: FileSystem, options: BundleStoreOptions) {
    this.#fileSystem = fileSystem
    this.#options = options
  }

  /** Finds what an earlier process left, and deletes uploads it did not end. */
  async open(): Promise<void> {
    await this.#fileSystem.makeDirectory(this.#options.directory)
    for (const name of await this.#fileSystem.list(this.#options.directory)) {
      if (name.endsWith('.tmp')) await this.#fileSystem.remove(`${this.#options.directory}/${name}`)
      const [, hash, size] = namePattern.exec(name) ?? []
      if (hash === undefined || size === undefined) continue
      const bundle = { sizeBytes: Number(size), useCount: 0 }
      this.#bundles.set(BundleHash.parse(hash), bundle)
    }
  }

  has(hash: BundleHash): boolean {
    return this.#bundles.has(hash)
  }

  get sizeBytes(): number {
    return [...this.#bundles.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /**
   * Stores what `chunks` yields, if it is what the reference says; else BUNDLE_CORRUPT. Rejects
   * with BUNDLE_STORE_FULL if there is no room. A bundle that is there already is not read again.
   */
  async put(reference: BundleReference, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { hash } = reference
    if (this.#bundles.has(hash)) return this.#touch(hash)
    const underWay = this.#uploads.get(hash)
    if (underWay !== undefined) return underWay
    const upload = this.#upload(reference, chunks)
    this.#uploads.set(hash, upload)
    try {
      await upload
    } finally {
      this.#uploads.delete(hash)
    }
  }

  /** Whole content. Rejects with FILE_NOT_FOUND, or BUNDLE_CORRUPT if the file was damaged. */
  async read(hash: BundleHash): Promise<Uint8Array> {
    const bundle = this.#bundles.get(hash)
    if (bundle === undefined) throw bundleMissing(hash)
    const content = await this.#fileSystem.readFile(this.#pathOf(hash, bundle))
    if (content === undefined) {
      this.#bundles.delete(hash)
      throw bundleMissing(hash)
    }
    const actual = { hash: sha256(content), sizeBytes: content.length }
    if (actual.hash !== hash) {
      await this.#remove(hash, bundle)
      throw bundleCorrupt({ hash, sizeBytes: bundle.sizeBytes }, actual, 'stored')
    }
    return content
  }

  /** Keeps the bundle until `release`. Throws FILE_NOT_FOUND. */
  retain(hash: BundleHash): BundleReference {
    const bundle = this.#bundles.get(hash)
    if (bundle === undefined) throw bundleMissing(hash)
    bundle.useCount++
    this.#touch(hash)
    return { hash, sizeBytes: bundle.sizeBytes }
  }

  release(hash: BundleHash): void {
    const bundle = this.#bundles.get(hash)
    if (bundle === undefined) return
    bundle.useCount--
    this.#touch(hash)
  }

  /** What a thread of this machine imports it by. */
  moduleUrl(reference: BundleReference): string {
    return pathToFileURL(this.#pathOf(reference.hash, reference)).href
  }

  async #upload(reference: BundleReference, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const { hash, sizeBytes } = reference
    this.#reservedBytes += sizeBytes
    try {
      await this.#makeRoom(sizeBytes)
      await this.#write(reference, new BundleUpload(reference, chunks))
      this.#bundles.set(hash, { sizeBytes, useCount: 0 })
    } finally {
      this.#reservedBytes -= sizeBytes
    }
  }

  /** As it comes: a bundle is never in memory as a whole. */
  async #write(reference: BundleReference, upload: BundleUpload): Promise<void> {
    try {
      const path = this.#pathOf(reference.hash, reference)
      await this.#fileSystem.writeFileAtomically(path, upload)
    } catch (error) {
      if (upload.failure !== undefined) throw upload.failure
      const { directory } = this.#options
      if (isDiskFull(error)) {
        throw bundleStoreFull(
          reference.sizeBytes,
          this.#state(reference.sizeBytes),
          directory,
          error,
        )
      }
      throw new MillraceError(
        'FILE_WRITE_FAILED',
        `The bundle ${reference.hash} could not be written to ${directory}: ` +
          `${error instanceof Error ? error.message : String(error)}. Check that the directory ` +
          'exists and that the JobManager may write there (blob.storage.directory).',
        { cause: error, disposition: 'reject-request', blame: 'external' },
      )
    }
  }

  /** Removes unused bundles, the longest unused first, until what is reserved fits. */
  async #makeRoom(neededBytes: number): Promise<void> {
    const { sizeMaxBytes, directory } = this.#options
    const isTooMuch = () => this.sizeBytes + this.#reservedBytes > sizeMaxBytes
    for (const [hash, bundle] of [...this.#bundles]) {
      if (!isTooMuch() || neededBytes > sizeMaxBytes) break
      if (bundle.useCount === 0) await this.#remove(hash, bundle)
    }
    if (isTooMuch()) throw bundleStoreFull(neededBytes, this.#state(neededBytes), directory)
  }

  /** What others than an upload of this size take. */
  #state(ownBytes: number): { readonly usedBytes: number; readonly sizeMaxBytes: number } {
    const { sizeMaxBytes } = this.#options
    return { usedBytes: this.sizeBytes + this.#reservedBytes - ownBytes, sizeMaxBytes }
  }

  async #remove(hash: BundleHash, bundle: StoredBundle): Promise<void> {
    this.#bundles.delete(hash)
    await this.#fileSystem.remove(this.#pathOf(hash, bundle))
  }

  #touch(hash: BundleHash): void {
    const bundle = this.#bundles.get(hash)
    if (bundle === undefined) return
    this.#bundles.delete(hash)
    this.#bundles.set(hash, bundle)
  }

  #pathOf(hash: BundleHash, { sizeBytes }: { readonly sizeBytes: number }): string {
    return `${this.#options.directory}/${hash}-${sizeBytes}.mjs`
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
