import { MillraceError } from '@millrace/core'
import { isStorageName } from '../storage/storage-name.ts'

/** A place in object storage. */
export interface S3Location {
  readonly bucket: string
  /** Between bucket and names, without `/` at its ends; '' for the whole bucket. */
  readonly prefix: string
}

const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):\/\//
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const prefixBytesMax = 512

/**
 * What a directory of checkpoints names: a place in object storage, or a directory (undefined).
 *
 * @throws MillraceError CONFIG_VALUE_INVALID where it names a place of another kind, or a wrong one
 */
export function parseS3Location(directory: string): S3Location | undefined {
  const name = scheme.exec(directory)?.[1]?.toLowerCase()
  if (name === undefined) return undefined
  if (name !== 's3') throw invalid(directory, otherScheme(name))
  const [bucket = '', ...parts] = directory.slice('s3://'.length).replace(/\/+$/, '').split('/')
  const prefix = parts.join('/')
  if (!bucketName.test(bucket)) {
    throw invalid(directory, `'${bucket}' is no name of a bucket. Write it as s3://bucket/prefix.`)
  }
  if (prefix !== '' && !isStorageName(prefix)) {
    throw invalid(directory, `its prefix has empty parts, or . or .. in it.`)
  }
  if (Buffer.byteLength(prefix) > prefixBytesMax) {
    throw invalid(directory, `its prefix has more than ${prefixBytesMax} bytes.`)
  }
  return { bucket, prefix }
}

function otherScheme(name: string): string {
  if (name === 's3a' || name === 's3n' || name === 's3p') {
    return 'there is one client for S3 here: write it as s3://bucket/prefix.'
  }
  if (name === 'file') return 'write a directory as its absolute path, without file://.'
  return `there is no storage for ${name}://. Take an absolute path, or s3://bucket/prefix.`
}

function invalid(directory: string, reason: string): MillraceError {
  return new MillraceError(
    'CONFIG_VALUE_INVALID',
    `'${directory}' is no place for checkpoints: ${reason}`,
    {
      blame: 'user',
      disposition: 'reject-request',
      details: { directory },
    },
  )
}
