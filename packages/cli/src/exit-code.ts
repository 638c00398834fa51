import type { ErrorCode, JobStatus } from '@millrace/core'

/** What the command line's exit code says; docs/command-line.md has the same table for users. */
export const exitCodes = {
  /** Done; the job FINISHED or was submitted detached. */
  success: 0,
  /** The job FAILED, or the command did. */
  failed: 1,
  /** The command line, the configuration or the job module is wrong. */
  usage: 2,
  /** The job was CANCELED. */
  canceled: 3,
  /** No JobManager answers. */
  unreachable: 4,
  /** Another JobManager has taken over from this one. */
  superseded: 5,
  /** Nothing has the key that was asked for. */
  nothingFound: 6,
  /** Ctrl-C left a job that runs on. */
  detached: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const usageErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ARGUMENT_INVALID',
  'API_VERSION_MISMATCH',
  'BUNDLE_FAILED',
  'BUNDLE_NATIVE_ADDON',
  'CONFIG_FILE_INVALID',
  'CONFIG_KEY_UNKNOWN',
  'CONFIG_VALUE_INVALID',
  'FILE_NOT_FOUND',
  'JOB_GRAPH_INVALID',
  'JOB_MODULE_INVALID',
  'JOB_MODULE_THREW',
  'OPERATOR_NAME_DUPLICATE',
  'OPERATOR_NAME_MISSING',
  'SAVEPOINT_NOT_FOUND',
  'STATE_NOT_FOUND',
])

export function exitCodeOfError(code: ErrorCode): ExitCode {
  if (code === 'JOB_MANAGER_UNREACHABLE') return exitCodes.unreachable
  if (code === 'JOB_MANAGER_SUPERSEDED') return exitCodes.superseded
  if (code === 'JOB_CANCELED') return exitCodes.canceled
  return usageErrors.has(code) ? exitCodes.usage : exitCodes.failed
}

/** Of an attached run whose job ended. */
export function exitCodeOfJob(status: JobStatus): ExitCode {
  if (status === 'FINISHED') return exitCodes.success
  return status === 'CANCELED' ? exitCodes.canceled : exitCodes.failed
}
