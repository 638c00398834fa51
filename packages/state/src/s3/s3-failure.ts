import { type ErrorCode, MillraceError } from '@millrace/core'
import type { RequestFailure } from './object-requests.ts'
import type { ObjectPlace, ObjectStoreError } from './object-store.ts'

/** What was not done, for messages. */
export type S3Operation = 'written' | 'created' | 'read' | 'copied' | 'deleted' | 'listed'

/** The failure of a request as a user reads it: what, where, why, and what to do. */
export function s3Failure(
  operation: S3Operation,
  { bucket, key }: ObjectPlace,
  { error, attemptCount, elapsedMs }: RequestFailure,
): MillraceError {
  const { reason, httpStatus } = error
  const path = `s3://${bucket}/${key}`
  const tries =
    attemptCount === 1 ? '' : ` (${attemptCount} attempts in ${Math.round(elapsedMs)} ms)`
  return new MillraceError(
    codeOf(operation, error),
    `${path} could not be ${operation}: ${reason}, ${sentence(error.message)}${tries}. ` +
      adviceOn(operation, bucket, error),
    {
      blame: 'external',
      disposition: 'retry',
      details: { path, bucket, key, reason, ...(httpStatus === undefined ? {} : { httpStatus }) },
    },
  )
}

function codeOf(operation: S3Operation, { reason }: ObjectStoreError): ErrorCode {
  if (operation === 'read' || operation === 'copied') {
    if (isMissing(reason)) return 'FILE_NOT_FOUND'
  }
  return operation === 'read' || operation === 'listed' ? 'FILE_READ_FAILED' : 'FILE_WRITE_FAILED'
}

/** That an object is not there, as is found out by asking for it. */
export function s3Missing({ bucket, key }: ObjectPlace): MillraceError {
  const path = `s3://${bucket}/${key}`
  return new MillraceError('FILE_NOT_FOUND', `${path} does not exist. ${lookForKey(bucket)}`, {
    blame: 'external',
    disposition: 'retry',
    details: { path, bucket, key },
  })
}

/** That an object has fewer bytes than it had a moment before. */
export function s3Shortened({ bucket, key }: ObjectPlace): MillraceError {
  const path = `s3://${bucket}/${key}`
  return new MillraceError(
    'FILE_READ_FAILED',
    `${path} became shorter while it was read: somebody writes to it. Find out who.`,
    { blame: 'external', disposition: 'retry', details: { path, bucket, key } },
  )
}

/** Whether the object, not its bucket, is missing. */
function isMissing(reason: string): boolean {
  return reason === 'NoSuchKey' || reason === 'NotFound'
}

function adviceOn(operation: S3Operation, bucket: string, error: ObjectStoreError): string {
  const known = advice[error.reason]
  if (known !== undefined) return known(bucket)
  const { httpStatus = 0 } = error
  if (httpStatus === 403) return noAccess(bucket)
  if (error.reason === 'HTTP 404') return noBucket(bucket)
  if (httpStatus === 501) return notKnown(operation)
  if (error.mayPass) return 'Look whether the server runs, and whether this machine reaches it.'
  return 'Look at the configuration keys that begin with s3.'
}

type Advice = (bucket: string) => string

const noBucket: Advice = (bucket) =>
  `Make the bucket ${bucket}, or correct its name in execution.checkpointing.dir; s3.endpoint ` +
  'and s3.region say where it is looked for.'

const noAccess: Advice = (bucket) =>
  'The credentials do not allow it. They need s3:GetObject, s3:PutObject, s3:DeleteObject, ' +
  `s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads on ${bucket}.`

const wrongCredentials: Advice = () =>
  'Check s3.access-key and s3.secret-key, or, where these are not set, what the environment of ' +
  'this process says.'

const noCredentials: Advice = () =>
  'Set s3.access-key and s3.secret-key for every process, or give each an environment in which ' +
  'they are found (AWS_ACCESS_KEY_ID, ~/.aws, a role).'

const wrongRegion: Advice = (bucket) => `Set s3.region to the region of ${bucket}.`

const noServer: Advice = () =>
  'Look whether the server of s3.endpoint runs, and whether this machine reaches it.'

function lookForKey(bucket: string): string {
  return (
    'Look whether execution.checkpointing.dir and s3.endpoint lead every process to this ' +
    `${bucket}, and whether somebody deleted it.`
  )
}

const advice: Readonly<Record<string, Advice>> = {
  NoSuchBucket: noBucket,
  InvalidBucketName: noBucket,
  NoSuchKey: lookForKey,
  AccessDenied: noAccess,
  AllAccessDisabled: noAccess,
  InvalidAccessKeyId: wrongCredentials,
  SignatureDoesNotMatch: wrongCredentials,
  InvalidToken: wrongCredentials,
  // Of versitygw.
  XAdminUserNotFound: wrongCredentials,
  ExpiredToken: wrongCredentials,
  CredentialsProviderError: noCredentials,
  RequestTimeTooSkewed: () =>
    'The clock of this machine is too far from that of the server: set it right.',
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  RegionMissing: wrongRegion,
  PreconditionFailed: () =>
    'Nobody answered when it was written first, and whether that was this process could not be ' +
    'found out afterwards. Look whether the server runs.',
  NoSuchUpload: () =>
    'Somebody deleted the unfinished write: another JobManager has taken over, or gc was run.',
  EntityTooLarge: () => 'Lower s3.upload.min.part.size.',
  ECONNREFUSED: noServer,
  ENOTFOUND: noServer,
  EAI_AGAIN: noServer,
  EHOSTUNREACH: noServer,
  TimeoutError: noServer,
  SlowDown: () => 'The server is asked too much: lower s3.connection.max.',
}

function notKnown(operation: S3Operation): string {
  if (operation !== 'created') return 'The server does not know this request.'
  return 'The server cannot write only where nothing is (If-None-Match), which checkpoints need.'
}

function sentence(text: string): string {
  return text.replace(/[.\s]+$/, '')
}
