// What two slots say to each other over a data connection. The receiver of records dials.
//
// Dialer → listener: a preface, then messages. All numbers little-endian.
//   preface  "MILLRACE" | u32 version
//   OPEN     u8 1 | u32 length | JSON of PartitionRequest
//   CREDIT   u8 2 | u32 channel | u32 frames
//   CLOSE    u8 3 | u32 channel     everything was read, or the consumer has ended otherwise
//
// Listener → dialer: frames (core/row/frame.ts). A frame that is no more than its header and names
// channel 0xffffffff is an answer: its third word is the kind, its fourth the channel.
//   1 GRANTED              the partition is there; frames follow
//   2 PARTITION_NOT_FOUND  nobody deployed it in time, or it is meant for another attempt
//   3 BARRIER              of an unaligned checkpoint, f64 id behind the header; it needs no
//                          credit, and overtakes the frames that wait for some

import { ExecutionAttemptId, type Frame, frameHeaderBytes, MillraceError } from '@millrace/core'

export const protocolVersion = 2
export const answerChannel = 0xffffffff
export const answerKind = { granted: 1, partitionNotFound: 2, barrier: 3 } as const
export const barrierBytes = 24

const magic = 'MILLRACE'
const prefaceBytes = 12
const messageKind = { open: 1, credit: 2, close: 3 } as const
const openBytesMax = 64 * 1024
const attemptIdLengthMax = 512

/** Asks for the frames of one subpartition, to be sent as `channel`. */
export interface PartitionRequest {
  /** Chosen by the dialer, unique on its connection. */
  readonly channel: number
  readonly producerAttemptId: ExecutionAttemptId
  readonly edgeIndex: number
  readonly consumerSubtask: number
  readonly consumerAttemptId: ExecutionAttemptId
  /** Frames that may be sent at first. */
  readonly credits: number
}

export function encodePreface(): Uint8Array {
  const bytes = Buffer.alloc(prefaceBytes)
  bytes.write(magic, 0, 'latin1')
  bytes.writeUInt32LE(protocolVersion, 8)
  return bytes
}

export function encodeOpen(request: PartitionRequest): Uint8Array {
  const json = Buffer.from(JSON.stringify(request))
  const bytes = Buffer.allocUnsafe(5 + json.length)
  bytes.writeUInt8(messageKind.open, 0)
  bytes.writeUInt32LE(json.length, 1)
  json.copy(bytes, 5)
  return bytes
}

export function encodeCredit(channel: number, frames: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(9)
  bytes.writeUInt8(messageKind.credit, 0)
  bytes.writeUInt32LE(channel, 1)
  bytes.writeUInt32LE(frames, 5)
  return bytes
}

export function encodeClose(channel: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(5)
  bytes.writeUInt8(messageKind.close, 0)
  bytes.writeUInt32LE(channel, 1)
  return bytes
}

export function encodeAnswer(kind: number, channel: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes)
  bytes.writeUInt32LE(frameHeaderBytes, 0)
  bytes.writeUInt32LE(answerChannel, 4)
  bytes.writeUInt32LE(kind, 8)
  bytes.writeUInt32LE(channel, 12)
  return bytes
}

export function encodeBarrier(channel: number, checkpointId: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(barrierBytes)
  bytes.set(encodeAnswer(answerKind.barrier, channel))
  bytes.writeUInt32LE(barrierBytes, 0)
  bytes.writeDoubleLE(checkpointId, frameHeaderBytes)
  return bytes
}

export interface FrameHeader {
  readonly channel: number
  readonly recordCount: number
  readonly sequence: number
}

export function readFrameHeader(frame: Frame): FrameHeader {
  const { view } = frame
  return {
    channel: view.getUint32(4, true),
    recordCount: view.getUint32(8, true),
    sequence: view.getUint32(12, true),
  }
}

export interface RequestHandler {
  onOpen(request: PartitionRequest): void
  onCredit(channel: number, frames: number): void
  onClose(channel: number): void
}

/** Cuts a dialer's bytes, however they arrive, into messages. Throws FRAME_CORRUPT. */
export class RequestDecoder {
  readonly #handler: RequestHandler
  #rest: Buffer = Buffer.alloc(0)
  #hasPreface = false

  constructor(handler: RequestHandler) {
    this.#handler = handler
  }

  /** `bytes` are not kept beyond the call. */
  push(bytes: Uint8Array): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : Buffer.from(bytes)
    let at = 0
    for (;;) {
      const length = this.#messageLength(data, at)
      if (length === undefined || at + length > data.length) break
      this.#dispatch(data, at, at + length)
      at += length
    }
    this.#rest = data.subarray(at)
  }

  /** Bytes of the message at `at`, or undefined where it can't be told yet. */
  #messageLength(data: Buffer, at: number): number | undefined {
    if (!this.#hasPreface) return prefaceBytes
    if (at >= data.length) return undefined
    const kind = data.readUInt8(at)
    if (kind === messageKind.credit) return 9
    if (kind === messageKind.close) return 5
    if (kind !== messageKind.open) throw corrupt(`a message of unknown kind ${kind}`)
    if (at + 5 > data.length) return undefined
    const length = data.readUInt32LE(at + 1)
    if (length > openBytesMax) throw corrupt(`a request of ${length} bytes`)
    return 5 + length
  }

  #dispatch(data: Buffer, start: number, end: number): void {
    if (!this.#hasPreface) {
      if (data.toString('latin1', start, start + 8) !== magic) throw corrupt('an unknown protocol')
      const version = data.readUInt32LE(start + 8)
      if (version !== protocolVersion) {
        throw corrupt(`version ${version} of the protocol, expected ${protocolVersion}`)
      }
      this.#hasPreface = true
      return
    }
    const kind = data.readUInt8(start)
    if (kind === messageKind.open) {
      this.#handler.onOpen(parseRequest(data.toString('utf8', start + 5, end)))
    } else if (kind === messageKind.credit) {
      this.#handler.onCredit(data.readUInt32LE(start + 1), data.readUInt32LE(start + 5))
    } else {
      this.#handler.onClose(data.readUInt32LE(start + 1))
    }
  }
}

function parseRequest(text: string): PartitionRequest {
  const fields = parseFields(text)
  const whole = (name: string): number => {
    const value = fields[name]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
    throw corrupt(`a request whose '${name}' is no whole number`)
  }
  const attempt = (name: string): ExecutionAttemptId => {
    const value = fields[name]
    const isId = typeof value === 'string' && value.length > 0 && value.length <= attemptIdLengthMax
    if (isId) return ExecutionAttemptId.parse(value)
    throw corrupt(`a request whose '${name}' is no id`)
  }
  return {
    channel: whole('channel'),
    producerAttemptId: attempt('producerAttemptId'),
    edgeIndex: whole('edgeIndex'),
    consumerSubtask: whole('consumerSubtask'),
    consumerAttemptId: attempt('consumerAttemptId'),
    credits: whole('credits'),
  }
}

/** Whoever dials may send any JSON: `null` has no fields to ask for. */
function parseFields(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw corrupt('a request that is no JSON')
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw corrupt('a request that is no JSON object')
}

function corrupt(what: string): MillraceError {
  return new MillraceError(
    'FRAME_CORRUPT',
    `A data connection carried ${what}. Let only slots of one cluster, of one version of ` +
      `Millrace, reach each other on their data ports.`,
    { disposition: 'retry', blame: 'external' },
  )
}
