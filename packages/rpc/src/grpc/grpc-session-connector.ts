import {
  type ChannelCredentials,
  type ClientDuplexStream,
  credentials as channelCredentials,
  type ServiceError,
} from '@grpc/grpc-js'
import { assert, MillraceError, type TaskExecutorMessage } from '@millrace/core'
import { decodeMessage } from '../codec/enum-codec.ts'
import { decodeTaskExecutorFrame, encodeTaskManagerFrame } from '../codec/session-frame-codec.ts'
import type {
  SessionFrame as SessionFrameProto,
  SessionFrame__Output as SessionFrameProtoOutput,
} from '../generated/millrace/v1/SessionFrame.ts'
import type { SessionFrame } from '../session/session-frame.ts'
import type {
  SessionConnector,
  TaskManagerWire,
  TaskManagerWireHandler,
} from '../session/session-wire.ts'
import { errorOf, unreachable } from './call-error.ts'
import { clientOptions } from './channel-options.ts'
import { resourceManagerProto } from './proto-definition.ts'

/** So long a connection may take to be made. */
const connectTimeoutMs = 5000
/** So long a closing connection may take to bring out what was written. */
const closeTimeoutMs = 1000

type Call = ClientDuplexStream<SessionFrameProto, SessionFrameProtoOutput>

/** Dials the ResourceManager of a JobManager; every connection is one of its own. */
export class GrpcSessionConnector implements SessionConnector {
  readonly #address: string
  readonly #credentials: ChannelCredentials
  readonly #connections = new Set<Promise<void>>()

  constructor(address: string, credentials?: ChannelCredentials) {
    this.#address = address
    this.#credentials = credentials ?? channelCredentials.createInsecure()
  }

  connect(handler: TaskManagerWireHandler): Promise<TaskManagerWire> {
    const client = new resourceManagerProto(this.#address, this.#credentials, clientOptions)
    const connection = new Connection(this.#address, client.openSession(), handler)
    const ended = connection.ended.then(() => {
      client.close()
      this.#connections.delete(ended)
    })
    this.#connections.add(ended)
    return connection.opened
  }

  /** Resolves when all wires, closed before, have brought out what was sent: a second at most. */
  async close(): Promise<void> {
    await Promise.all(this.#connections)
  }
}

class Connection {
  readonly opened: Promise<TaskManagerWire>
  readonly ended: Promise<void>
  readonly #address: string
  readonly #call: Call
  readonly #handler: TaskManagerWireHandler
  readonly #opening: PromiseWithResolvers<TaskManagerWire> = Promise.withResolvers()
  readonly #ending: PromiseWithResolvers<void> = Promise.withResolvers()
  #state: 'opening' | 'open' | 'closing' | 'ended' = 'opening'
  #timer: NodeJS.Timeout

  constructor(address: string, call: Call, handler: TaskManagerWireHandler) {
    this.#address = address
    this.#call = call
    this.#handler = handler
    this.opened = this.#opening.promise
    this.ended = this.#ending.promise
    this.#timer = setTimeout(() => call.cancel(), connectTimeoutMs)
    call.on('metadata', () => this.#onOpened())
    call.on('data', (proto: SessionFrameProtoOutput) => this.#onData(proto))
    call.on('end', () => this.#onEnded(undefined))
    call.on('error', (error: ServiceError) => this.#onEnded(error))
  }

  #onOpened(): void {
    if (this.#state !== 'opening') return
    clearTimeout(this.#timer)
    this.#state = 'open'
    this.#opening.resolve({
      send: (frame) => {
        if (this.#state === 'open') this.#call.write(encodeTaskManagerFrame(frame))
      },
      close: () => this.#close(),
    })
  }

  #onData(proto: SessionFrameProtoOutput): void {
    if (this.#state !== 'open') return
    const frame = decodeFrame(proto)
    if (!(frame instanceof MillraceError)) {
      this.#handler.onFrame(frame)
      return
    }
    this.#close()
    this.#handler.onClosed(frame)
  }

  #close(): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#call.end()
    this.#timer = setTimeout(() => this.#call.cancel(), closeTimeoutMs)
  }

  #onEnded(error: ServiceError | undefined): void {
    const state = this.#state
    if (state === 'ended') return
    clearTimeout(this.#timer)
    this.#state = 'ended'
    if (state === 'opening') this.#opening.reject(unreachable(this.#address, error))
    if (state === 'open') this.#handler.onClosed(error && this.#errorOf(error))
    this.#call.cancel()
    this.#ending.resolve()
  }

  #errorOf(error: ServiceError): MillraceError {
    return errorOf(error, { address: this.#address, call: 'OpenSession', timeoutMs: 0 })
  }
}

/** An error as a value: what the handler throws is another matter. */
function decodeFrame(
  proto: SessionFrameProtoOutput,
): SessionFrame<TaskExecutorMessage> | MillraceError {
  try {
    return decodeMessage('SessionFrame', () => decodeTaskExecutorFrame(proto))
  } catch (error) {
    assert(error instanceof MillraceError, 'Decoding fails with a MillraceError')
    return error
  }
}
