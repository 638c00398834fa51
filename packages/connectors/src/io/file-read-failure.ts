import { MillraceError } from '@millrace/core'

/** The file was found, and cannot be read now. */
export function fileReadFailed(path: string, cause: unknown): MillraceError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message =
    `File ${path} cannot be read: ${reason}. It must be there, and readable for the user that ` +
    'the TaskManagers run as, on every machine of the cluster.'
  return new MillraceError('FILE_READ_FAILED', message, {
    cause,
    disposition: 'retry',
    blame: 'external',
    details: { path },
  })
}
