import { MillraceError } from '@millrace/core'

/** Another JobManager uses the directory since: this one may do nothing any more. */
export function superseded(
  location: string,
  { epoch, highest }: { readonly epoch: number; readonly highest: number },
): MillraceError {
  const what =
    highest > epoch
      ? `another JobManager took it over with epoch ${highest}`
      : 'its claim of the epoch has been deleted'
  return new MillraceError(
    'JOB_MANAGER_SUPERSEDED',
    `This JobManager had epoch ${epoch} of ${location}, but ${what}. It ends; its jobs are the ` +
      "other one's now. If both were to run, give each its own high-availability.cluster-id.",
    { blame: 'external', disposition: 'reject-request', details: { location, epoch, highest } },
  )
}

export function notAHighAvailabilityDirectory(
  location: string,
  names: readonly string[],
): MillraceError {
  return new MillraceError(
    'HIGH_AVAILABILITY_STORAGE_INVALID',
    `${location} is no high-availability directory: it has no file 'format', but ` +
      `${names.slice(0, 3).join(', ')}${names.length > 3 ? ' and more' : ''}. Choose an empty ` +
      'directory, or one that does not exist, with high-availability.storageDir.',
    { blame: 'user', disposition: 'reject-request', details: { location } },
  )
}

export function otherFormat(
  location: string,
  { found, expected }: { readonly found: string; readonly expected: string },
): MillraceError {
  return new MillraceError(
    'HIGH_AVAILABILITY_STORAGE_INVALID',
    `${location} was written by another version of Millrace: it is ` +
      `'${found.trim().slice(0, 80)}', this version reads and writes '${expected.trim()}'. Run ` +
      'the version that wrote it, or choose another directory with high-availability.storageDir.',
    { blame: 'user', disposition: 'reject-request', details: { location } },
  )
}

/** Says of a failure to read or write which setting led there. */
export function highAvailabilityUnusable(location: string, error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error
  const { code, message, disposition, blame, details } = error
  const isOwn = code === 'HIGH_AVAILABILITY_STORAGE_INVALID' || code === 'JOB_MANAGER_SUPERSEDED'
  if (isOwn) return error
  return new MillraceError(
    code,
    `The high-availability directory ${location} cannot be used: ${message} It must be writable ` +
      'by the JobManager, and be the same one for its successor (high-availability.storageDir).',
    { cause: error, disposition, blame, details },
  )
}

export function isMissing(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'FILE_NOT_FOUND'
}
