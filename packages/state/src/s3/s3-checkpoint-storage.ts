import type {
  CheckpointStorage,
  ListedFile,
  MillraceError,
  Random,
  S3StorageOptions,
} from '@millrace/core'
import { inParallel } from '../storage/in-parallel.ts'
import {
  checkStorageFolder,
  checkStorageName,
  checkWrittenName,
  isTemporaryName,
} from '../storage/storage-name.ts'
import type { ObjectRequests, RequestResult } from './object-requests.ts'
import type {
  ObjectPart,
  ObjectPlace,
  ObjectStore,
  Page,
  PageRequest,
  Upload,
  UploadedPart,
} from './object-store.ts'
import { type S3Operation, s3Failure, s3Missing, s3Shortened } from './s3-failure.ts'
import { nameOfUpload, uploadOfName } from './upload-name.ts'

/** What is larger is copied in parts: no single answer is waited for long. */
const copiedAtOnceMaxBytes = 512 * 1024 * 1024

export interface S3Environment {
  readonly requests: ObjectRequests
  readonly random: Random
  readonly options: Pick<S3StorageOptions, 'partSizeBytes' | 'concurrentPartsMax'>
  /** Only tests take another one: no object that they could make is so large. */
  readonly copiedAtOnceMaxBytes?: number
}

/** What is to be an object, with the mark of who writes it. */
interface Written {
  readonly key: string
  readonly content: Uint8Array
  readonly writer: string
}

/**
 * Checkpoint storage below a prefix of a bucket, on AWS or on a server that speaks S3 and writes
 * conditionally (If-None-Match).
 */
export class S3CheckpointStorage implements CheckpointStorage {
  readonly location: string
  readonly #store: ObjectStore
  readonly #prefix: string
  readonly #environment: S3Environment

  constructor(environment: S3Environment, store: ObjectStore, prefix: string) {
    this.#environment = environment
    this.#store = store
    this.#prefix = prefix === '' ? '' : `${prefix}/`
    this.location = `s3://${store.bucket}${prefix === '' ? '' : `/${prefix}`}`
  }

  async write(name: string, content: Uint8Array): Promise<void> {
    checkWrittenName(name)
    const key = this.#keyOf(name)
    const { partSizeBytes } = this.#environment.options
    if (content.length > partSizeBytes) return this.#writeInParts(key, content)
    const request = { key, content, writer: this.#newWriter(), isNew: false }
    await this.#send('written', key, (signal) => this.#store.put(request, signal))
  }

  async create(name: string, content: Uint8Array, confirm?: () => Promise<void>): Promise<boolean> {
    checkWrittenName(name)
    const key = this.#keyOf(name)
    const writer = this.#newWriter()
    if (confirm !== undefined) return this.#createConfirmed({ key, content, writer }, confirm)
    const request = { key, content, writer, isNew: true }
    return this.#isCreatedBy(request, (signal) => this.#store.put(request, signal))
  }

  async read(name: string): Promise<Uint8Array> {
    checkStorageName(name)
    const key = this.#keyOf(name)
    const { partSizeBytes, concurrentPartsMax } = this.#environment.options
    const first = await this.#readPart(key, 0, partSizeBytes)
    if (first.totalBytes <= first.content.length) return first.content
    const whole = new Uint8Array(first.totalBytes)
    whole.set(first.content)
    const count = Math.ceil((first.totalBytes - first.content.length) / partSizeBytes)
    await inParallel(numbersBelow(count), concurrentPartsMax, async (at) => {
      const offset = first.content.length + at * partSizeBytes
      const length = Math.min(partSizeBytes, first.totalBytes - offset)
      const { content } = await this.#readPart(key, offset, length)
      if (content.length !== length) throw s3Shortened(this.#placeOf(key))
      whole.set(content, offset)
    })
    return whole
  }

  async readRange(name: string, offset: number, length: number): Promise<Uint8Array> {
    checkStorageName(name)
    // S3 has no ranges without a byte; whether there is such a file is asked all the same.
    const { content } = await this.#readPart(this.#keyOf(name), offset, Math.max(1, length))
    return content.subarray(0, length)
  }

  async copyFrom(source: CheckpointStorage, name: string): Promise<void> {
    checkWrittenName(name)
    const key = this.#keyOf(name)
    const isThere = await this.#send('copied', key, (signal) => this.#store.head(key, signal))
    if (isThere !== undefined) return
    const other = source instanceof S3CheckpointStorage ? source : undefined
    // What shares the requests shares the server.
    if (other === undefined || other.#environment.requests !== this.#environment.requests) {
      await this.write(name, await source.read(name))
      return
    }
    await this.#copyWithin(other, other.#keyOf(name), key)
  }

  async delete(name: string): Promise<void> {
    checkStorageName(name)
    const key = this.#keyOf(name)
    const upload = isTemporaryName(name) ? uploadOfName(key) : undefined
    await this.#send('deleted', key, (signal) =>
      upload === undefined
        ? this.#store.delete(key, signal)
        : this.#store.abortUpload(upload, signal),
    )
  }

  async list(folder: string): Promise<readonly string[]> {
    checkStorageFolder(folder)
    return (await this.#objectsBelow(folder)).map(({ name }) => name)
  }

  async inspect(folder: string): Promise<readonly ListedFile[]> {
    checkStorageFolder(folder)
    const files = await Promise.all([this.#objectsBelow(folder), this.#uploadsBelow(folder)])
    return files.flat().sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Names of the folders right below this one that have something in them. */
  async folders(): Promise<readonly string[]> {
    const folders = await this.#everyPage('', (page, signal) =>
      this.#store.listFolders(page, signal),
    )
    return folders.map((folder) => folder.slice(this.#prefix.length, -1))
  }

  /** There are no folders in object storage. */
  async removeEmptyFolders(): Promise<void> {}

  /** As an upload, which whoever takes over finds and gives up: then it cannot be completed. */
  async #createConfirmed(written: Written, confirm: () => Promise<void>): Promise<boolean> {
    const { key, content, writer } = written
    const uploadId = await this.#send('created', key, (signal) =>
      this.#store.createUpload(key, writer, signal),
    )
    const upload = { key, uploadId }
    try {
      const parts = await this.#sendContent('created', upload, content)
      await confirm()
      const request = { upload, parts, isNew: true }
      const isCreated = await this.#isCreatedBy(written, (signal) =>
        this.#store.completeUpload(request, signal),
      )
      if (!isCreated) await this.#abort(upload)
      return isCreated
    } catch (error) {
      await this.#abort(upload)
      throw error
    }
  }

  /** Sends what creates an object; false where it is there, and another's. */
  async #isCreatedBy(
    { key, content, writer }: Written,
    attempt: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    const result = await this.#environment.requests.send(attempt)
    if (result.kind === 'done') return true
    const isTaken = result.error.reason === 'PreconditionFailed' || result.error.httpStatus === 412
    if (!result.mayBeDone) {
      if (isTaken) return false
      throw this.#failed('created', key, result)
    }
    // Nobody answered at least once: whose it is, if it is there, is what was written with it.
    const found = await this.#writerOf(key, writer, content)
    if (found === 'none' || found === 'unknown') throw this.#failed('created', key, result)
    return found === 'this'
  }

  async #writeInParts(key: string, content: Uint8Array): Promise<void> {
    await this.#asUpload('written', key, (upload) => this.#sendContent('written', upload, content))
  }

  #sendContent(
    operation: S3Operation,
    upload: Upload,
    content: Uint8Array,
  ): Promise<readonly UploadedPart[]> {
    const { partSizeBytes } = this.#environment.options
    const count = Math.max(1, Math.ceil(content.length / partSizeBytes))
    return this.#sendParts(operation, upload, count, (at, signal) => {
      const part = content.subarray(at * partSizeBytes, (at + 1) * partSizeBytes)
      return this.#store.putPart(upload, at + 1, part, signal)
    })
  }

  async #copyWithin(other: S3CheckpointStorage, from: string, key: string): Promise<void> {
    const source = other.#placeOf(from)
    const head = await other.#send('copied', from, (signal) => other.#store.head(from, signal))
    if (head === undefined) throw s3Missing(source)
    const { sizeBytes } = head
    const { copiedAtOnceMaxBytes: atOnceBytes = copiedAtOnceMaxBytes } = this.#environment
    if (sizeBytes <= atOnceBytes) {
      await this.#send('copied', key, (signal) => this.#store.copy(source, key, signal))
      return
    }
    const count = Math.ceil(sizeBytes / atOnceBytes)
    await this.#asUpload('copied', key, (upload) =>
      this.#sendParts('copied', upload, count, (at, signal) => {
        const offset = at * atOnceBytes
        const length = Math.min(atOnceBytes, sizeBytes - offset)
        return this.#store.copyPart(upload, at + 1, { ...source, offset, length }, signal)
      }),
    )
  }

  /** Nothing of it is seen before the last request; where one fails, what was sent is given up. */
  async #asUpload(
    operation: S3Operation,
    key: string,
    sendParts: (upload: Upload) => Promise<readonly UploadedPart[]>,
  ): Promise<void> {
    const writer = this.#newWriter()
    const uploadId = await this.#send(operation, key, (signal) =>
      this.#store.createUpload(key, writer, signal),
    )
    const upload = { key, uploadId }
    try {
      await this.#complete(operation, upload, await sendParts(upload), writer)
    } catch (error) {
      await this.#abort(upload)
      throw error
    }
  }

  #sendParts(
    operation: S3Operation,
    { key }: Upload,
    count: number,
    sendPart: (at: number, signal: AbortSignal) => Promise<UploadedPart>,
  ): Promise<readonly UploadedPart[]> {
    const { concurrentPartsMax } = this.#environment.options
    return inParallel(numbersBelow(count), concurrentPartsMax, (at) =>
      this.#send(operation, key, (signal) => sendPart(at, signal)),
    )
  }

  /** Tried once: what is left of it is found by `millrace checkpoint gc`. */
  async #abort(upload: Upload): Promise<void> {
    const { requests } = this.#environment
    await requests.send((signal) => this.#store.abortUpload(upload, signal), 0)
  }

  async #complete(
    operation: S3Operation,
    upload: Upload,
    parts: readonly UploadedPart[],
    writer: string,
  ): Promise<void> {
    const { key } = upload
    const result = await this.#environment.requests.send((signal) =>
      this.#store.completeUpload({ upload, parts, isNew: false }, signal),
    )
    if (result.kind === 'done') return
    // Nobody answered at least once: it may have been completed, and the upload be gone by that.
    const isDone = result.mayBeDone && (await this.#writerOf(key, writer)) === 'this'
    if (!isDone) throw this.#failed(operation, key, result)
  }

  /** Who wrote the object; with `content` also where the server keeps nothing beside it. */
  async #writerOf(
    key: string,
    writer: string,
    content?: Uint8Array,
  ): Promise<'this' | 'another' | 'none' | 'unknown'> {
    const { requests } = this.#environment
    const asked = await requests.send((signal) => this.#store.head(key, signal))
    if (asked.kind === 'failed') return 'unknown'
    const { value: head } = asked
    if (head === undefined) return 'none'
    if (head.writer !== undefined || content === undefined) {
      return head.writer === writer ? 'this' : 'another'
    }
    const range = { offset: 0, length: content.length + 1 }
    const found = await requests.send((signal) => this.#store.get(key, range, signal))
    if (found.kind === 'failed') return 'unknown'
    return Buffer.compare(content, found.value.content) === 0 ? 'this' : 'another'
  }

  #readPart(key: string, offset: number, length: number): Promise<ObjectPart> {
    return this.#send('read', key, (signal) => this.#store.get(key, { offset, length }, signal))
  }

  async #objectsBelow(folder: string): Promise<ListedFile[]> {
    const objects = await this.#everyPage(folder, (page, signal) => this.#store.list(page, signal))
    return (
      objects
        // Other tools mark a folder by such an object.
        .filter(({ key }) => !key.endsWith('/'))
        .map(({ key, ...rest }) => ({ name: key.slice(this.#prefix.length), ...rest }))
    )
  }

  async #uploadsBelow(folder: string): Promise<ListedFile[]> {
    const uploads = await this.#everyPage(folder, (page, signal) =>
      this.#store.listUploads(page, signal),
    )
    return Promise.all(
      uploads.map(async (upload) => {
        const sizeBytes = await this.#send('listed', upload.key, (signal) =>
          this.#store.sizeOfUpload(upload, signal),
        )
        const name = nameOfUpload(upload).slice(this.#prefix.length)
        return { name, sizeBytes, modifiedAtMs: upload.initiatedAtMs }
      }),
    )
  }

  async #everyPage<Item>(
    folder: string,
    request: (page: PageRequest, signal: AbortSignal) => Promise<Page<Item>>,
  ): Promise<readonly Item[]> {
    const prefix = `${this.#prefix}${folder === '' ? '' : `${folder}/`}`
    const items: Item[] = []
    for (let after: string | undefined; ; ) {
      const page = await this.#send('listed', prefix, (signal) =>
        request({ prefix, after }, signal),
      )
      items.push(...page.items)
      if (page.next === undefined) return items
      after = page.next
    }
  }

  async #send<T>(
    operation: S3Operation,
    key: string,
    attempt: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const result = await this.#environment.requests.send(attempt)
    if (result.kind === 'done') return result.value
    throw this.#failed(operation, key, result)
  }

  #failed(
    operation: S3Operation,
    key: string,
    failure: Extract<RequestResult<unknown>, { readonly kind: 'failed' }>,
  ): MillraceError {
    return s3Failure(operation, this.#placeOf(key), failure)
  }

  #placeOf(key: string): ObjectPlace {
    return { bucket: this.#store.bucket, key }
  }

  #keyOf(name: string): string {
    return `${this.#prefix}${name}`
  }

  /** Of one write: 128 bits by chance. */
  #newWriter(): string {
    const { random } = this.#environment
    const word = (): string => random.uint32().toString(16).padStart(8, '0')
    return `${word()}${word()}${word()}${word()}`
  }
}

function numbersBelow(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number)
}
