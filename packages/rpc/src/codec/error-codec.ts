import {
  type Blame,
  type Disposition,
  type ErrorCode,
  type ErrorInfo,
  errorCodes,
} from '@millrace/core'
import type { Blame__Output as BlameProto } from '../generated/millrace/v1/Blame.ts'
import type { Disposition__Output as DispositionProto } from '../generated/millrace/v1/Disposition.ts'
import type {
  ErrorDetail as ErrorDetailProto,
  ErrorDetail__Output as ErrorDetailProtoOutput,
} from '../generated/millrace/v1/ErrorDetail.ts'
import type {
  ErrorInfo as ErrorInfoProto,
  ErrorInfo__Output as ErrorInfoProtoOutput,
} from '../generated/millrace/v1/ErrorInfo.ts'
import { EnumCodec, messageInvalid } from './enum-codec.ts'

const dispositionCodec = new EnumCodec<Disposition, DispositionProto>('Disposition', {
  retry: 'DISPOSITION_RETRY',
  'fail-job': 'DISPOSITION_FAIL_JOB',
  'reject-request': 'DISPOSITION_REJECT_REQUEST',
})

const blameCodec = new EnumCodec<Blame, BlameProto>('Blame', {
  user: 'BLAME_USER',
  external: 'BLAME_EXTERNAL',
  internal: 'BLAME_INTERNAL',
})

const knownCodes: ReadonlySet<string> = new Set(errorCodes)

type Detail = ErrorInfo['details'][string]

export function encodeErrorInfo(info: ErrorInfo): ErrorInfoProto {
  const { code, message, stack } = info
  const details = Object.entries(info.details).map(
    ([name, detail]) => [name, encodeDetail(detail)] as const,
  )
  return {
    code,
    message,
    stack,
    disposition: dispositionCodec.encode(info.disposition),
    blame: blameCodec.encode(info.blame),
    details: Object.fromEntries(details),
  }
}

/**
 * A code that this version does not know becomes RPC_FAILED; the message still says what it was.
 */
export function decodeErrorInfo(proto: ErrorInfoProtoOutput): ErrorInfo {
  const { stack } = proto
  const isKnown = knownCodes.has(proto.code)
  const details = Object.entries(proto.details).map(
    ([name, detail]) => [name, decodeDetail(detail)] as const,
  )
  return {
    code: isKnown ? (proto.code as ErrorCode) : 'RPC_FAILED',
    message: isKnown ? proto.message : `${proto.code}: ${proto.message}`,
    disposition: dispositionCodec.decode(proto.disposition),
    blame: blameCodec.decode(proto.blame),
    stack,
    details: Object.fromEntries(details),
  }
}

function encodeDetail(detail: Detail): ErrorDetailProto {
  if (typeof detail === 'string') return { text: detail }
  return typeof detail === 'number' ? { number: detail } : { flag: detail }
}

function decodeDetail(proto: ErrorDetailProtoOutput): Detail {
  const detail = proto.text ?? proto.number ?? proto.flag
  if (detail === undefined) throw messageInvalid('a detail of an error has no value')
  return detail
}
