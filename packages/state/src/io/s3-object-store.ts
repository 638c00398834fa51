import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { S3StorageOptions } from '@millrace/core'
import {
  type ByteRange,
  type CompleteRequest,
  type ListedObject,
  type ListedUpload,
  type ObjectHead,
  type ObjectPart,
  type ObjectPlace,
  type ObjectStore,
  ObjectStoreError,
  type Page,
  type PageRequest,
  type PutRequest,
  type Upload,
  type UploadedPart,
} from '../s3/object-store.ts'

// The one file that knows the library. It is loaded when an object storage is opened: it takes a
// moment and some megabytes of each thread, which jobs without one do not pay.

type Sdk = typeof import('@aws-sdk/client-s3')

interface Loaded {
  readonly sdk: Sdk
  readonly client: S3Client
}

/** Where AWS's servers are not meant, any name does. */
const regionOfOtherServers = 'us-east-1'
const writerKey = 'millrace-writer'

/** The connections of one thread to the one server that is configured. */
export class S3Connections {
  readonly #options: S3StorageOptions
  #loaded: Promise<Loaded> | undefined

  constructor(options: S3StorageOptions) {
    this.#options = options
  }

  /** Loads the library, if that was not done before. */
  load(): Promise<Loaded> {
    this.#loaded ??= import('@aws-sdk/client-s3').then((sdk) => {
      return { sdk, client: new sdk.S3Client(clientConfig(this.#options)) }
    })
    return this.#loaded
  }
}

function clientConfig(options: S3StorageOptions): S3ClientConfig {
  const { endpoint, region, credentials, connectionsMax } = options
  const agent = { keepAlive: true, maxSockets: connectionsMax }
  const usedRegion = region ?? (endpoint === undefined ? undefined : regionOfOtherServers)
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(usedRegion === undefined ? {} : { region: usedRegion }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKey,
            secretAccessKey: credentials.secretKey,
          },
        }),
    forcePathStyle: options.isPathStyle,
    // Tried again by ObjectRequests, which has to know of each attempt.
    maxAttempts: 1,
    // The signature covers what is sent; what is read is compared with the hash in its name.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would take a new connection for each request, and a wait.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: options.connectTimeoutMs,
      socketTimeout: options.idleTimeoutMs,
      // Bounded by the signal of each request.
      requestTimeout: 0,
      httpAgent: agent,
      httpsAgent: agent,
    },
  }
}

/** One bucket. */
export class S3ObjectStore implements ObjectStore {
  readonly bucket: string
  readonly #connections: S3Connections

  constructor(connections: S3Connections, bucket: string) {
    this.#connections = connections
    this.bucket = bucket
  }

  async put({ key, content, writer, isNew }: PutRequest, signal: AbortSignal): Promise<void> {
    await this.#send(signal, ({ sdk, client }, options) =>
      client.send(
        new sdk.PutObjectCommand({
          ...this.#object(key),
          Body: content,
          ContentLength: content.length,
          Metadata: { [writerKey]: writer },
          ...(isNew ? { IfNoneMatch: '*' } : {}),
        }),
        options,
      ),
    )
  }

  async get(key: string, range: ByteRange, signal: AbortSignal): Promise<ObjectPart> {
    try {
      return await this.#send(signal, async ({ sdk, client }, options) => {
        const command = new sdk.GetObjectCommand({ ...this.#object(key), Range: rangeText(range) })
        const { Body, ContentRange, ContentLength } = await client.send(command, options)
        const content = (await Body?.transformToByteArray()) ?? new Uint8Array()
        const total = /\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength
        return { content, totalBytes: Number(total ?? content.length) }
      })
    } catch (error) {
      // The object ends before the range begins.
      const isBehind = error instanceof ObjectStoreError && error.httpStatus === 416
      if (isBehind) return { content: new Uint8Array(), totalBytes: 0 }
      throw error
    }
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
    try {
      return await this.#send(signal, async ({ sdk, client }, options) => {
        const command = new sdk.HeadObjectCommand(this.#object(key))
        const { ContentLength = 0, Metadata } = await client.send(command, options)
        return { sizeBytes: ContentLength, writer: Metadata?.[writerKey] }
      })
    } catch (error) {
      if (error instanceof ObjectStoreError && error.httpStatus === 404) return undefined
      throw error
    }
  }

  async copy(source: ObjectPlace, key: string, signal: AbortSignal): Promise<void> {
    await this.#send(signal, ({ sdk, client }, options) => {
      const CopySource = sourceText(source)
      return client.send(new sdk.CopyObjectCommand({ ...this.#object(key), CopySource }), options)
    })
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    await unlessMissing(
      this.#send(signal, ({ sdk, client }, options) =>
        client.send(new sdk.DeleteObjectCommand(this.#object(key)), options),
      ),
      'NoSuchKey',
    )
  }

  list({ prefix, after }: PageRequest, signal: AbortSignal): Promise<Page<ListedObject>> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      const command = new sdk.ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        ContinuationToken: after,
      })
      const { Contents = [], NextContinuationToken } = await client.send(command, options)
      const items = Contents.map(({ Key = '', Size = 0, LastModified }) => {
        return { key: Key, sizeBytes: Size, modifiedAtMs: LastModified?.getTime() ?? 0 }
      })
      return { items, next: NextContinuationToken }
    })
  }

  listFolders({ prefix, after }: PageRequest, signal: AbortSignal): Promise<Page<string>> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      const command = new sdk.ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        Delimiter: '/',
        ContinuationToken: after,
      })
      const { CommonPrefixes = [], NextContinuationToken } = await client.send(command, options)
      return { items: CommonPrefixes.map(({ Prefix = '' }) => Prefix), next: NextContinuationToken }
    })
  }

  createUpload(key: string, writer: string, signal: AbortSignal): Promise<string> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      const Metadata = { [writerKey]: writer }
      const command = new sdk.CreateMultipartUploadCommand({ ...this.#object(key), Metadata })
      const { UploadId } = await client.send(command, options)
      return UploadId ?? ''
    })
  }

  putPart(
    upload: Upload,
    part: number,
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      const command = new sdk.UploadPartCommand({
        ...this.#upload(upload),
        PartNumber: part,
        Body: content,
        ContentLength: content.length,
      })
      const { ETag = '' } = await client.send(command, options)
      return { part, etag: ETag }
    })
  }

  copyPart(
    upload: Upload,
    part: number,
    source: ObjectPlace & ByteRange,
    signal: AbortSignal,
  ): Promise<UploadedPart> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      const command = new sdk.UploadPartCopyCommand({
        ...this.#upload(upload),
        PartNumber: part,
        CopySource: sourceText(source),
        CopySourceRange: rangeText(source),
      })
      const { CopyPartResult } = await client.send(command, options)
      return { part, etag: CopyPartResult?.ETag ?? '' }
    })
  }

  async completeUpload(
    { upload, parts, isNew }: CompleteRequest,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#send(signal, ({ sdk, client }, options) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({
          ...this.#upload(upload),
          MultipartUpload: {
            Parts: parts.map(({ part, etag }) => ({ PartNumber: part, ETag: etag })),
          },
          ...(isNew ? { IfNoneMatch: '*' } : {}),
        }),
        options,
      ),
    )
  }

  async abortUpload(upload: Upload, signal: AbortSignal): Promise<void> {
    await unlessMissing(
      this.#send(signal, ({ sdk, client }, options) =>
        client.send(new sdk.AbortMultipartUploadCommand(this.#upload(upload)), options),
      ),
      'NoSuchUpload',
    )
  }

  listUploads({ prefix, after }: PageRequest, signal: AbortSignal): Promise<Page<ListedUpload>> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      // A page ends behind a key and one of its uploads.
      const [keyMarker, idMarker] = after === undefined ? [] : (JSON.parse(after) as string[])
      const command = new sdk.ListMultipartUploadsCommand({
        Bucket: this.bucket,
        Prefix: prefix,
        KeyMarker: keyMarker,
        UploadIdMarker: idMarker,
      })
      const page = await client.send(command, options)
      const items = (page.Uploads ?? []).map(({ Key = '', UploadId = '', Initiated }) => {
        return { key: Key, uploadId: UploadId, initiatedAtMs: Initiated?.getTime() ?? 0 }
      })
      const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page
      const next = IsTruncated ? JSON.stringify([NextKeyMarker, NextUploadIdMarker]) : undefined
      return { items, next }
    })
  }

  sizeOfUpload(upload: Upload, signal: AbortSignal): Promise<number> {
    return this.#send(signal, async ({ sdk, client }, options) => {
      let sizeBytes = 0
      for (let marker: string | undefined; ; ) {
        const command = new sdk.ListPartsCommand({
          ...this.#upload(upload),
          PartNumberMarker: marker,
        })
        const {
          Parts = [],
          IsTruncated,
          NextPartNumberMarker,
        } = await client.send(command, options)
        for (const { Size = 0 } of Parts) sizeBytes += Size
        if (!IsTruncated || NextPartNumberMarker === undefined) return sizeBytes
        marker = NextPartNumberMarker
      }
    })
  }

  async #send<T>(
    signal: AbortSignal,
    request: (loaded: Loaded, options: { readonly abortSignal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const loaded = await this.#connections.load()
    try {
      return await request(loaded, { abortSignal: signal })
    } catch (error) {
      throw storeErrorOf(error, signal)
    }
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: key }
  }

  #upload({ key, uploadId }: Upload): {
    readonly Bucket: string
    readonly Key: string
    readonly UploadId: string
  } {
    return { ...this.#object(key), UploadId: uploadId }
  }
}

function rangeText({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${offset + length - 1}`
}

function sourceText({ bucket, key }: ObjectPlace): string {
  return `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`
}

async function unlessMissing(request: Promise<unknown>, reason: string): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof ObjectStoreError) || error.reason !== reason) throw error
  }
}

/** As the library's errors come: of S3, of the connection, of its own. */
interface SdkError extends Error {
  readonly code?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly statusCode?: number }
}

/** Only words of it: the error of a wrong signature has the request in it. */
function storeErrorOf(error: unknown, signal: AbortSignal): Error {
  if (!(error instanceof Error)) return new ObjectStoreError('Unknown', String(error), undefined)
  const { name, message, code, $metadata, $response } = error as SdkError
  const httpStatus = $metadata?.httpStatusCode ?? $response?.statusCode
  if (signal.aborted) {
    return new ObjectStoreError('TimeoutError', 'no answer within s3.request.timeout', undefined)
  }
  if (httpStatus !== undefined && httpStatus >= 300) {
    const isNamed = /^[A-Z][A-Za-z]+$/.test(name) && !/Error$|^Unknown/.test(name)
    const reason = isNamed ? name : `HTTP ${httpStatus}`
    const words = isNamed && message !== 'UnknownError' ? message : 'the server refused it'
    return new ObjectStoreError(reason, words === '' ? reason : words, httpStatus)
  }
  if (message === 'Region is missing') {
    return new ObjectStoreError('RegionMissing', 'no region is known', 400)
  }
  // Before the name: a connection that was reset is a TimeoutError to the library.
  const reason = typeof code === 'string' ? code : name
  if (reason === 'TimeoutError') return new ObjectStoreError(name, lateness(message), undefined)
  return new ObjectStoreError(reason, message === '' ? reason : message, undefined)
}

/** The library does not know our keys. */
function lateness(message: string): string {
  return message.includes('inactivity')
    ? 'nothing came for s3.socket.timeout'
    : 'no connection within s3.connection.timeout'
}
