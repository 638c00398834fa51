import { s3StorageDefaults } from '../environment/s3-storage-options.ts'
import type { ConfigOption } from './config-option.ts'
import { formatDurationMs } from './duration.ts'
import { formatMemorySizeBytes } from './memory-size.ts'
import { duration, httpUrl, memorySize, text, trueOrFalse, wholeNumber } from './value-schema.ts'

const partSizeMinBytes = 5 * 1024 * 1024
const partSizeMaxBytes = 1024 * 1024 * 1024

export const s3Endpoint: ConfigOption<string | undefined> = {
  key: 's3.endpoint',
  schema: httpUrl(),
  default: undefined,
  description:
    'Server that speaks S3, for `s3://` directories. Without it, AWS. With a server of your own, ' +
    '`s3.path-style-access` is mostly needed too.',
  aliases: [],
  scope: 'cluster',
}

export const s3Region: ConfigOption<string | undefined> = {
  key: 's3.region',
  schema: text('the name of a region, such as eu-central-1'),
  default: undefined,
  description:
    'Region of the buckets. Without it, that of the environment or the profile (`AWS_REGION`, ' +
    '`~/.aws/config`); with `s3.endpoint` us-east-1.',
  aliases: ['s3.endpoint.region'],
  scope: 'cluster',
}

export const s3PathStyleAccess: ConfigOption<boolean> = {
  key: 's3.path-style-access',
  schema: trueOrFalse(),
  default: String(s3StorageDefaults.isPathStyle),
  description:
    'Whether the bucket is the first part of the path (`http://host/bucket/key`), not of the ' +
    "host's name: what most servers that are not AWS need.",
  aliases: ['s3.path.style.access'],
  scope: 'cluster',
}

export const s3AccessKey: ConfigOption<string | undefined> = {
  key: 's3.access-key',
  schema: text('the id of an access key'),
  default: undefined,
  description:
    'With `s3.secret-key`, the credentials of every process. Without both they are looked for ' +
    "where AWS's clients look: `AWS_ACCESS_KEY_ID` and the like, `~/.aws`, the role of the " +
    'container or the machine.',
  aliases: ['s3.access.key'],
  scope: 'cluster',
}

export const s3SecretKey: ConfigOption<string | undefined> = {
  key: 's3.secret-key',
  schema: text('the secret of the access key'),
  default: undefined,
  description:
    'Secret of `s3.access-key`. Give it by a file that others cannot read or by the environment: ' +
    'what stands in `--set` is seen by everybody who may list processes. It is never logged, nor ' +
    'part of a job.',
  aliases: ['s3.secret.key'],
  scope: 'cluster',
}

export const s3UploadPartSize: ConfigOption<number> = {
  key: 's3.upload.min.part.size',
  schema: memorySize({ min: partSizeMinBytes, max: partSizeMaxBytes }),
  default: formatMemorySizeBytes(s3StorageDefaults.partSizeBytes),
  description: 'Files larger than this are written in parts of this size, and read so.',
  aliases: [],
  scope: 'cluster',
}

export const s3UploadMaxConcurrentUploads: ConfigOption<number> = {
  key: 's3.upload.max.concurrent.uploads',
  schema: wholeNumber({ min: 1, max: 100 }),
  default: String(s3StorageDefaults.concurrentPartsMax),
  description: 'How many parts of one file are on their way at a time.',
  aliases: [],
  scope: 'cluster',
}

export const s3ConnectionMax: ConfigOption<number> = {
  key: 's3.connection.max',
  schema: wholeNumber({ min: 1, max: 1000 }),
  default: String(s3StorageDefaults.connectionsMax),
  description: 'Requests of one slot, or of the JobManager, at a time; more wait.',
  aliases: ['s3.connection.maximum'],
  scope: 'cluster',
}

export const s3ConnectionTimeout: ConfigOption<number> = {
  key: 's3.connection.timeout',
  schema: duration({ minMs: 100 }),
  default: formatDurationMs(s3StorageDefaults.connectTimeoutMs),
  description: 'How long a connection may take until it is open.',
  aliases: [],
  scope: 'cluster',
}

export const s3SocketTimeout: ConfigOption<number> = {
  key: 's3.socket.timeout',
  schema: duration({ minMs: 100 }),
  default: formatDurationMs(s3StorageDefaults.idleTimeoutMs),
  description: 'A connection over which nothing went for so long is given up.',
  aliases: [],
  scope: 'cluster',
}

export const s3RetryMaxNumRetries: ConfigOption<number> = {
  key: 's3.retry.max-num-retries',
  schema: wholeNumber({ min: 0, max: 1000 }),
  default: String(s3StorageDefaults.retriesMax),
  description:
    'How often a request is sent again that failed for a reason that may pass: no connection, a ' +
    'time-out, a server that is busy. The pauses in between grow from 0.1 s to 5 s.',
  aliases: [],
  scope: 'cluster',
}

export const s3RequestTimeout: ConfigOption<number> = {
  key: 's3.request.timeout',
  schema: duration({ minMs: 100 }),
  default: formatDurationMs(s3StorageDefaults.requestTimeoutMs),
  description:
    'What one request, which moves one part of a file at most, may take with all its retries. ' +
    'After that the checkpoint fails, or the restart of the job.',
  aliases: [],
  scope: 'cluster',
}
