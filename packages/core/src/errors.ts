/** What is to be done about an error. The restart strategy reads this; nobody parses messages. */
export type Disposition = 'retry' | 'fail-job' | 'reject-request'

/** Whose error it is: the user's program, the world outside, or Millrace itself. */
export type Blame = 'user' | 'external' | 'internal'

/** Every code has a section in docs/errors.md: symptom, cause, what to do. */
export const errorCodes = [
  // Programs and their submission
  'ARGUMENT_INVALID',
  'BUNDLE_CORRUPT',
  'BUNDLE_FAILED',
  'BUNDLE_NATIVE_ADDON',
  'BUNDLE_STORE_FULL',
  'API_VERSION_MISMATCH',
  'JOB_MODULE_INVALID',
  'JOB_MODULE_THREW',
  'JOB_HOST_LOST',
  'JOB_GRAPH_INVALID',
  'JOB_GRAPH_DIFFERS',
  'JOB_NOT_FOUND',
  'JOB_CANCELED',
  'RESCALE_FAILED',
  'RESCALE_REFUSED',
  'OPERATOR_NAME_DUPLICATE',
  'OPERATOR_NAME_MISSING',
  // Configuration
  'CONFIG_FILE_INVALID',
  'CONFIG_KEY_UNKNOWN',
  'CONFIG_VALUE_INVALID',
  // Cluster
  'ADDRESS_IN_USE',
  'CLUSTER_RUNS_ALREADY',
  'CLUSTER_START_FAILED',
  'HIGH_AVAILABILITY_STORAGE_INVALID',
  'JOB_END_NOT_STORED',
  'JOB_MANAGER_SUPERSEDED',
  'JOB_MANAGER_UNREACHABLE',
  'REGISTRATION_REFUSED',
  'SESSION_FENCED',
  'SLOTS_MISSING',
  'TASK_MANAGER_LOST',
  'TASK_MANAGER_NOT_FOUND',
  'RESTARTS_EXHAUSTED',
  'RPC_FAILED',
  'RPC_MESSAGE_INVALID',
  // Tasks
  'SLOT_THREAD_EXITED',
  'SLOT_OUT_OF_MEMORY',
  'TASK_CANCELLATION_TIMEOUT',
  'TASK_DEPLOYMENT_FAILED',
  'TASK_DEPLOYMENT_TIMEOUT',
  'USER_FUNCTION_FAILED',
  'SOURCE_FAILED',
  'SINK_FAILED',
  'STATE_BACKEND_FAILED',
  'STATE_NAME_DUPLICATE',
  'STATE_NOT_FOUND',
  'STATE_INCOMPATIBLE',
  'ENUMERATOR_FAILED',
  // Checkpoints
  'CHECKPOINT_ABORTED',
  'CHECKPOINT_CORRUPT',
  'CHECKPOINT_DECLINED',
  'CHECKPOINT_DIRECTORY_MISSING',
  'CHECKPOINT_DIRECTORY_UNUSABLE',
  'CHECKPOINT_EXPIRED',
  'CHECKPOINT_FAILED',
  'CHECKPOINT_FAILURES_EXCEEDED',
  'SAVEPOINT_FAILED',
  'SAVEPOINT_NOT_FOUND',
  'SAVEPOINT_REFUSED',
  'SAVEPOINT_STATE_UNMAPPED',
  'SAVEPOINT_TARGET_UNUSABLE',
  'SAVEPOINT_UNKNOWN',
  // Data plane
  'CONNECTION_LOST',
  'FRAME_CORRUPT',
  'KEY_INVALID',
  'PARTITION_NOT_FOUND',
  'PARTITIONER_FAILED',
  'OVERDRAFT_EXCEEDED',
  'RECORD_TOO_LARGE',
  'RECORD_TYPE_MISMATCH',
  // Files
  'FILE_NOT_FOUND',
  'FILE_READ_FAILED',
  'FILE_WRITE_FAILED',
  'INTERNAL_ERROR',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface MillraceErrorOptions {
  readonly cause?: unknown
  readonly disposition?: Disposition
  readonly blame?: Blame
  /** The values the message names, for machines. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

/**
 * The one error class. `message` says what failed, with which values, and what to do;
 * `code` is stable and documented; `disposition` says whether trying again may help.
 */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly disposition: Disposition
  readonly blame: Blame
  readonly details: Readonly<Record<string, string | number | boolean>>

  constructor(code: ErrorCode, message: string, options: MillraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.disposition = options.disposition ?? 'fail-job'
    this.blame = options.blame ?? 'internal'
    this.details = options.details ?? {}
  }
}

/** An error as it crosses a thread or a process: plain data. */
export interface ErrorInfo {
  readonly code: ErrorCode
  readonly message: string
  readonly disposition: Disposition
  readonly blame: Blame
  /** Source-mapped stack, the innermost cause first; empty where there is none. */
  readonly stack: string
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/**
 * Whether such a failure of a task only tells that another task, or its process, failed: what
 * really happened may be known a little later.
 */
export function isConsequence({ code }: ErrorInfo): boolean {
  return code === 'CONNECTION_LOST' || code === 'PARTITION_NOT_FOUND'
}

/**
 * Characters of a message, and of a stack, that are told on: a message may hold a whole record, and
 * whoever tells it to another process has no room for that.
 */
const messageLengthMax = 8 * 1024
const stackLengthMax = 16 * 1024

/** Any thrown value in words: it may be of any kind, of any length, and throw when it is asked. */
export function describeThrown(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return shortened(String(thrown), messageLengthMax)
    return shortened(`${thrown.name}: ${thrown.message}`, messageLengthMax)
  } catch {
    return `a value of type ${typeof thrown} that has no text`
  }
}

function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text
  return `${text.slice(0, lengthMax)} … (${text.length} characters)`
}

/** Any thrown value as data. A value that is no MillraceError becomes `fallback`. */
export function errorInfo(error: unknown, fallback: ErrorCode = 'INTERNAL_ERROR'): ErrorInfo {
  if (isOwn(error)) {
    const { code, disposition, blame, details } = error
    const message = shortened(error.message, messageLengthMax)
    return { code, message, disposition, blame, stack: stackOf(error), details }
  }
  const blame: Blame = fallback === 'USER_FUNCTION_FAILED' ? 'user' : 'internal'
  return {
    code: fallback,
    message: describeThrown(error),
    disposition: 'retry',
    blame,
    stack: stackOf(error),
    details: {},
  }
}

/** A proxy may throw already when it is asked for its class. */
function isOwn(error: unknown): error is MillraceError {
  try {
    return error instanceof MillraceError
  } catch {
    return false
  }
}

/** The data as an error again, on the other side. */
export function errorFromInfo(info: ErrorInfo): MillraceError {
  const error = new MillraceError(info.code, info.message, {
    disposition: info.disposition,
    blame: info.blame,
    details: info.details,
  })
  if (info.stack !== '') error.stack = info.stack
  return error
}

function stackOf(error: unknown): string {
  try {
    let innermost: unknown = error
    for (let depth = 0; depth < 8 && innermost instanceof Error && innermost.cause; depth++) {
      innermost = innermost.cause
    }
    const stack: unknown = innermost instanceof Error ? innermost.stack : undefined
    return typeof stack === 'string' ? shortened(stack, stackLengthMax) : ''
  } catch {
    return ''
  }
}
