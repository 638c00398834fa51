import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js'
import { type ErrorInfo, errorFromInfo, errorInfo, MillraceError } from '@millrace/core'
import { decodeErrorInfo, encodeErrorInfo } from '../codec/error-codec.ts'
import { errorInfoProto } from './proto-definition.ts'

/** Trailer of a failed call: an ErrorInfo. */
const errorTrailer = 'millrace-error-bin'

// Trailers are HTTP/2 headers, for which peers allow 64 KiB in all.
const messageLengthMax = 8 * 1024
const stackLengthMax = 8 * 1024
const detailLengthMax = 1024
/** gRPC's own text of a status; only for tools that do not know our trailer. */
const statusTextLengthMax = 256

/** How a failed call ends on the server's side. */
export function statusOf(error: unknown): Partial<StatusObject> {
  const info = shortened(errorInfo(error, 'RPC_FAILED'))
  const metadata = new Metadata()
  metadata.set(errorTrailer, errorInfoProto.serialize(encodeErrorInfo(info)))
  const details = `${info.code}: ${info.message}`.slice(0, statusTextLengthMax)
  return { code: statusCodeOf(info), details, metadata }
}

export interface CallTarget {
  /** `host:port` of the JobManager. */
  readonly address: string
  /** What was asked of it. */
  readonly call: string
  /** 0: none. */
  readonly timeoutMs: number
}

/** What a failed call means on the client's side: the server's own error, or why there is none. */
export function errorOf(error: ServiceError, target: CallTarget): MillraceError {
  const trailer = error.metadata?.get(errorTrailer)[0]
  if (trailer instanceof Buffer) {
    return errorFromInfo(decodeErrorInfo(errorInfoProto.deserialize(trailer)))
  }
  const { address, call, timeoutMs } = target
  const details = { address, call }
  if (error.code === status.UNAVAILABLE) return unreachable(address, error)
  if (error.code === status.DEADLINE_EXCEEDED) {
    return new MillraceError(
      'JOB_MANAGER_UNREACHABLE',
      `The JobManager at ${address} did not answer ${call} within ${timeoutMs} ms. It may be ` +
        'overloaded or stopped: look at its log.',
      { cause: error, disposition: 'retry', blame: 'external', details },
    )
  }
  return new MillraceError(
    'RPC_FAILED',
    `${call} at the JobManager at ${address} failed: ${error.details || error.message}. Check ` +
      `that client and cluster run the same version of Millrace.`,
    { cause: error, disposition: 'retry', blame: 'external', details },
  )
}

export function unreachable(address: string, cause: unknown): MillraceError {
  const text = cause instanceof Error && 'details' in cause ? String(cause.details) : String(cause)
  return new MillraceError(
    'JOB_MANAGER_UNREACHABLE',
    `No JobManager answers at ${address}: ${plainReason(text)}. Start one with ` +
      '`millrace cluster start`, or say where it is with --jobmanager host:port.',
    { cause, disposition: 'retry', blame: 'external', details: { address } },
  )
}

/** What gRPC says of a connection, without its words around the system's: \`connect ECONNREFUSED\`. */
function plainReason(text: string): string {
  const [, systems] = /Last error: (?:Error: )?(.*?)\.? Resolution note:/.exec(text) ?? []
  const reason = (systems ?? text).replace(/^Error: /, '').replace(/[.\s]+$/, '')
  return /^Name resolution failed/.test(reason) ? 'there is no host of this name' : reason
}

function statusCodeOf(info: ErrorInfo): status {
  if (info.code.endsWith('_NOT_FOUND')) return status.NOT_FOUND
  return info.disposition === 'reject-request' ? status.FAILED_PRECONDITION : status.INTERNAL
}

function shortened(info: ErrorInfo): ErrorInfo {
  const details = Object.entries(info.details).map(([name, detail]) => [
    name,
    typeof detail === 'string' ? detail.slice(0, detailLengthMax) : detail,
  ])
  return {
    ...info,
    message: info.message.slice(0, messageLengthMax),
    stack: info.stack.slice(0, stackLengthMax),
    details: Object.fromEntries(details.slice(0, 16)),
  }
}
