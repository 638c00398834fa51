import { type BundleHash, type BundleReference, MillraceError } from '@millrace/core'

/** The content is not what its reference says. */
export function bundleCorrupt(
  expected: BundleReference,
  actual: { readonly hash: string; readonly sizeBytes: number },
  where: 'uploaded' | 'stored',
): MillraceError {
  const advice =
    where === 'uploaded'
      ? 'It changed on its way or while it was read; submit the job again.'
      : 'The file was damaged on disk and has been removed; submit the job again.'
  return new MillraceError(
    'BUNDLE_CORRUPT',
    `The bundle was ${where} with ${actual.sizeBytes} bytes and SHA-256 ${actual.hash}; ` +
      `${expected.sizeBytes} bytes with SHA-256 ${expected.hash} were announced. ${advice}`,
    {
      disposition: 'reject-request',
      blame: 'external',
      details: { expectedHash: expected.hash, actualHash: actual.hash },
    },
  )
}

export function bundleMissing(hash: BundleHash): MillraceError {
  return new MillraceError(
    'FILE_NOT_FOUND',
    `The JobManager has no bundle ${hash}: it was not uploaded, or made room for others since. ` +
      'Submit the job again.',
    { disposition: 'reject-request', blame: 'user', details: { hash } },
  )
}

/** The bundle does not fit: into the bound of the store, or (`cause`) on the disk. */
export function bundleStoreFull(
  neededBytes: number,
  store: { readonly usedBytes: number; readonly sizeMaxBytes: number },
  directory: string,
  cause?: unknown,
): MillraceError {
  const { usedBytes, sizeMaxBytes } = store
  const bound =
    cause === undefined
      ? `${usedBytes} of the ${sizeMaxBytes} bytes allowed are taken by bundles in use. ` +
        'Cancel jobs, make the bundle smaller, or raise blob.storage.size-max.'
      : `the disk is full (${cause instanceof Error ? cause.message : String(cause)}); ` +
        `bundles take ${usedBytes} of the ${sizeMaxBytes} bytes allowed. Make room on the disk, ` +
        'or move blob.storage.directory to another one.'
  return new MillraceError(
    'BUNDLE_STORE_FULL',
    `A bundle of ${neededBytes} bytes does not fit into ${directory}: ${bound}`,
    {
      cause,
      disposition: 'reject-request',
      blame: 'external',
      details: { neededBytes, usedBytes, sizeMaxBytes, directory },
    },
  )
}

/** Whether a write failed because the disk, or the user's quota of it, is used up. */
export function isDiskFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause ? cause.code : undefined
    if (code === 'ENOSPC' || code === 'EDQUOT') return true
  }
  return false
}
