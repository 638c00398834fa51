import { MillraceError, type S3Credentials, type S3StorageOptions } from '@millrace/core'
import {
  type Configuration,
  s3AccessKey,
  s3ConnectionMax,
  s3ConnectionTimeout,
  s3Endpoint,
  s3PathStyleAccess,
  s3Region,
  s3RequestTimeout,
  s3RetryMaxNumRetries,
  s3SecretKey,
  s3SocketTimeout,
  s3UploadMaxConcurrentUploads,
  s3UploadPartSize,
} from '@millrace/core/config'

/** What the keys that begin with s3 say. Throws CONFIG_VALUE_INVALID for half of a pair of keys. */
export function s3StorageOptions(configuration: Configuration): S3StorageOptions {
  return {
    endpoint: configuration.get(s3Endpoint),
    region: configuration.get(s3Region),
    isPathStyle: configuration.get(s3PathStyleAccess),
    credentials: s3Credentials(configuration),
    partSizeBytes: configuration.get(s3UploadPartSize),
    concurrentPartsMax: configuration.get(s3UploadMaxConcurrentUploads),
    connectionsMax: configuration.get(s3ConnectionMax),
    connectTimeoutMs: configuration.get(s3ConnectionTimeout),
    idleTimeoutMs: configuration.get(s3SocketTimeout),
    retriesMax: configuration.get(s3RetryMaxNumRetries),
    requestTimeoutMs: configuration.get(s3RequestTimeout),
  }
}

function s3Credentials(configuration: Configuration): S3Credentials | undefined {
  const accessKey = configuration.get(s3AccessKey)
  const secretKey = configuration.get(s3SecretKey)
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey }
  if (accessKey === undefined && secretKey === undefined) return undefined
  const [given, missing] =
    accessKey === undefined ? [s3SecretKey, s3AccessKey] : [s3AccessKey, s3SecretKey]
  throw new MillraceError(
    'CONFIG_VALUE_INVALID',
    `${given.key} is set (${configuration.originOf(given)}) and ${missing.key} is not. Set both, ` +
      'or neither: then the credentials are looked for in the environment.',
    { disposition: 'reject-request', blame: 'user', details: { key: missing.key } },
  )
}
