/**
 * How object storage is reached. Read where a process starts and handed to its threads: never part
 * of a job, and never logged, for it may hold a secret.
 */
export interface S3StorageOptions {
  /** URL of a server that speaks S3; undefined: AWS. */
  readonly endpoint: string | undefined
  /** undefined: from the environment or the profile of the client. */
  readonly region: string | undefined
  /** The bucket is the first part of the path, not of the host's name. */
  readonly isPathStyle: boolean
  /** undefined: the client looks in the environment, in its profile, asks the machine for a role. */
  readonly credentials: S3Credentials | undefined
  /** What is larger is written in parts of this size, and read so. */
  readonly partSizeBytes: number
  /** Parts of one file at a time. */
  readonly concurrentPartsMax: number
  /** Requests of one thread at a time; more wait. */
  readonly connectionsMax: number
  readonly connectTimeoutMs: number
  /** A connection over which nothing goes for so long is given up. */
  readonly idleTimeoutMs: number
  readonly retriesMax: number
  /** What one request may take, its retries included. */
  readonly requestTimeoutMs: number
}

export interface S3Credentials {
  readonly accessKey: string
  readonly secretKey: string
}

/** As without any setting. */
export const s3StorageDefaults: S3StorageOptions = {
  endpoint: undefined,
  region: undefined,
  isPathStyle: false,
  credentials: undefined,
  partSizeBytes: 8 * 1024 * 1024,
  concurrentPartsMax: 4,
  connectionsMax: 32,
  connectTimeoutMs: 5_000,
  idleTimeoutMs: 20_000,
  retriesMax: 10,
  requestTimeoutMs: 60_000,
}
