// What checkpoint storage needs of a server that speaks S3, one request each. Nothing here is tried
// again: that is what `ObjectRequests` does. Each rejects with ObjectStoreError, and gives up when
// its signal says so.

export interface ObjectStore {
  readonly bucket: string
  /** Whole or not at all. With `isNew` it rejects with PreconditionFailed where the key exists. */
  put(request: PutRequest, signal: AbortSignal): Promise<void>
  /** No bytes where the object ends before; rejects with NoSuchKey where there is none. */
  get(key: string, range: ByteRange, signal: AbortSignal): Promise<ObjectPart>
  /** undefined where there is no such object. */
  head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined>
  /** Up to 5 GB. */
  copy(source: ObjectPlace, key: string, signal: AbortSignal): Promise<void>
  /** No error where there is none. */
  delete(key: string, signal: AbortSignal): Promise<void>
  list(page: PageRequest, signal: AbortSignal): Promise<Page<ListedObject>>
  /** What stands before the next `/` behind the prefix, once each, with it. */
  listFolders(page: PageRequest, signal: AbortSignal): Promise<Page<string>>
  /** Begins an object that is written in parts; returns its upload's id. */
  createUpload(key: string, writer: string, signal: AbortSignal): Promise<string>
  /** Parts count from 1. */
  putPart(
    upload: Upload,
    part: number,
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<UploadedPart>
  copyPart(
    upload: Upload,
    part: number,
    source: ObjectPlace & ByteRange,
    signal: AbortSignal,
  ): Promise<UploadedPart>
  /**
   * Makes the object of all its parts, which were nothing to be seen until then. With `isNew` it
   * rejects with PreconditionFailed where the key exists.
   */
  completeUpload(request: CompleteRequest, signal: AbortSignal): Promise<void>
  /** No error where there is no such upload. */
  abortUpload(upload: Upload, signal: AbortSignal): Promise<void>
  listUploads(page: PageRequest, signal: AbortSignal): Promise<Page<ListedUpload>>
  /** What its parts take. */
  sizeOfUpload(upload: Upload, signal: AbortSignal): Promise<number>
}

export interface PutRequest {
  readonly key: string
  readonly content: Uint8Array
  /** Kept with the object: tells one writer's from another's of the same content. */
  readonly writer: string
  readonly isNew: boolean
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

export interface ObjectPart {
  readonly content: Uint8Array
  /** Of the whole object. */
  readonly totalBytes: number
}

export interface ObjectHead {
  readonly sizeBytes: number
  /** undefined where the server does not keep such things. */
  readonly writer: string | undefined
}

export interface ObjectPlace {
  readonly bucket: string
  readonly key: string
}

export interface PageRequest {
  /** Keys that begin so. */
  readonly prefix: string
  /** Of the page before; undefined: the first one. */
  readonly after: string | undefined
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** undefined: that was the last one. */
  readonly next: string | undefined
}

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

export interface Upload {
  readonly key: string
  readonly uploadId: string
}

export interface CompleteRequest {
  readonly upload: Upload
  readonly parts: readonly UploadedPart[]
  readonly isNew: boolean
}

export interface ListedUpload extends Upload {
  readonly initiatedAtMs: number
}

export interface UploadedPart {
  readonly part: number
  readonly etag: string
}

/** How a request failed. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError'
  /** S3's word for it (SlowDown), or the system's (ECONNREFUSED). */
  readonly reason: string
  /** undefined: there was no answer. */
  readonly httpStatus: number | undefined

  constructor(reason: string, message: string, httpStatus: number | undefined) {
    super(message)
    this.reason = reason
    this.httpStatus = httpStatus
  }

  /** Whether the same request may succeed a little later. */
  get mayPass(): boolean {
    const { httpStatus, reason } = this
    if (httpStatus === undefined) return passingReasons.test(reason)
    if (httpStatus === 501) return false
    return httpStatus >= 500 || passingStatus.has(httpStatus) || reason === 'RequestTimeout'
  }

  /** Whether the server may have done what it was asked for. */
  get mayBeDone(): boolean {
    return this.httpStatus === undefined || this.httpStatus >= 500 || this.httpStatus === 408
  }
}

/** Late, in conflict with another at this moment, too many. */
const passingStatus: ReadonlySet<number> = new Set([408, 409, 425, 429])

/** Of the connection. Names that are not found are found again when their server is back. */
const passingReasons =
  /^(TimeoutError|AbortError|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENET|EAI_AGAIN|ENOTFOUND|HPE_)/
