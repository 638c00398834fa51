import {
  type DataAddress,
  type DataConnection,
  type DataConnectionHandler,
  type DataTransport,
  type ExecutionAttemptId,
  type Frame,
  MillraceError,
  supervise,
} from '@millrace/core'
import type { FramePool } from '../frame-pool.ts'
import {
  answerKind,
  encodeClose,
  encodeCredit,
  encodeOpen,
  encodePreface,
} from './data-protocol.ts'
import { FrameAssembler, type FrameHandler } from './frame-assembler.ts'

/** The consuming end of a channel. */
export interface FrameReceiver {
  readonly request: {
    readonly producerAttemptId: ExecutionAttemptId
    readonly edgeIndex: number
    readonly consumerSubtask: number
    readonly consumerAttemptId: ExecutionAttemptId
    readonly credits: number
  }
  /** The producer is there; frames follow. */
  onGranted(): void
  /** A frame; it belongs to the receiver, who gives it back to the pool. */
  onFrame(frame: Frame): void
  /** It overtook the frames that were not sent yet. */
  onOvertakingBarrier(checkpointId: number): void
  /** The channel is lost; nothing follows. */
  onLost(error: MillraceError): void
}

/** A channel as its consumer holds it. */
export interface OpenChannel {
  /** Gives leave for more frames. */
  credit(frames: number): void
  /** Everything was read, or the consumer has ended. Nothing follows. */
  close(): void
}

/** The receiving end of a slot's network: one connection to each slot that it reads from. */
export class PartitionRequestClient {
  readonly #transport: DataTransport
  readonly #pool: FramePool
  readonly #frameBytesMax: number
  readonly #wake: () => void
  readonly #connections = new Map<DataAddress, ClientConnection>()

  constructor(transport: DataTransport, pool: FramePool, frameBytesMax: number, wake: () => void) {
    this.#transport = transport
    this.#pool = pool
    this.#frameBytesMax = frameBytesMax
    this.#wake = wake
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  open(address: DataAddress, receiver: FrameReceiver): OpenChannel {
    let connection = this.#connections.get(address)
    if (connection === undefined) {
      connection = new ClientConnection(address, this.#pool, this.#frameBytesMax, this.#wake, () =>
        this.#forget(address, connection),
      )
      this.#connections.set(address, connection)
      connection.dial(this.#transport)
    }
    return connection.open(receiver)
  }

  close(): void {
    for (const connection of [...this.#connections.values()]) connection.close()
  }

  #forget(address: DataAddress, connection: ClientConnection | undefined): void {
    if (this.#connections.get(address) === connection) this.#connections.delete(address)
  }
}

class ClientConnection implements DataConnectionHandler, FrameHandler {
  readonly #address: DataAddress
  readonly #pool: FramePool
  readonly #assembler: FrameAssembler
  readonly #wake: () => void
  readonly #onGone: () => void
  readonly #channels = new Map<number, FrameReceiver>()
  #connection: DataConnection | undefined
  #channelCount = 0
  #isClosed = false

  constructor(
    address: DataAddress,
    pool: FramePool,
    frameBytesMax: number,
    wake: () => void,
    onGone: () => void,
  ) {
    this.#address = address
    this.#pool = pool
    this.#assembler = new FrameAssembler(pool, frameBytesMax, this)
    this.#wake = wake
    this.#onGone = onGone
  }

  dial(transport: DataTransport): void {
    const dialed = transport.connect(this.#address, this).then((connection) => {
      if (this.#isClosed) {
        connection.close()
        return
      }
      this.#connection = connection
      connection.write(encodePreface())
      for (const [channel, receiver] of this.#channels) this.#request(channel, receiver)
    })
    supervise(dialed, (error) => this.#end(error))
  }

  open(receiver: FrameReceiver): OpenChannel {
    const channel = this.#channelCount++
    this.#channels.set(channel, receiver)
    this.#request(channel, receiver)
    return {
      credit: (frames) => this.#connection?.write(encodeCredit(channel, frames)),
      close: () => this.#closeChannel(channel),
    }
  }

  onData(bytes: Uint8Array): void {
    if (this.#isClosed) return
    try {
      this.#assembler.push(bytes)
    } catch (error) {
      this.#connection?.close()
      this.#end(error)
    }
    this.#wake()
  }

  onClosed(error: Error | undefined): void {
    this.#end(error)
  }

  onFrame(frame: Frame, channel: number): void {
    const receiver = this.#channels.get(channel)
    // A channel that was closed on this side, while frames were on their way.
    if (receiver === undefined) this.#pool.release(frame)
    else receiver.onFrame(frame)
  }

  onBarrier(channel: number, checkpointId: number): void {
    this.#channels.get(channel)?.onOvertakingBarrier(checkpointId)
  }

  onAnswer(kind: number, channel: number): void {
    const receiver = this.#channels.get(channel)
    if (receiver === undefined) return
    if (kind === answerKind.granted) {
      receiver.onGranted()
      return
    }
    this.#channels.delete(channel)
    const { producerAttemptId, edgeIndex } = receiver.request
    receiver.onLost(
      new MillraceError(
        'PARTITION_NOT_FOUND',
        `${this.#address} has no output of ${producerAttemptId} for edge ${edgeIndex}. The ` +
          `producer was not deployed in time (taskmanager.network.partition-request-timeout), or ` +
          `has ended.`,
        { disposition: 'retry', blame: 'external' },
      ),
    )
    this.#closeIfUnused(undefined)
  }

  close(): void {
    this.#connection?.close()
    this.#end(undefined)
  }

  #request(channel: number, receiver: FrameReceiver): void {
    this.#connection?.write(encodeOpen({ channel, ...receiver.request }))
  }

  #closeChannel(channel: number): void {
    if (!this.#channels.delete(channel) || this.#isClosed) return
    this.#closeIfUnused(encodeClose(channel))
  }

  /** The last word must be out before the connection goes. */
  #closeIfUnused(lastWord: Uint8Array | undefined): void {
    const connection = this.#connection
    if (connection === undefined) {
      if (this.#channels.size === 0) this.close()
      return
    }
    if (this.#channels.size > 0) {
      if (lastWord !== undefined) connection.write(lastWord)
      return
    }
    const closeUnused = (): void => {
      if (this.#channels.size === 0) this.close()
    }
    if (lastWord === undefined) closeUnused()
    else connection.write(lastWord, closeUnused)
  }

  #end(error: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#assembler.close()
    const receivers = [...this.#channels.values()]
    this.#channels.clear()
    this.#onGone()
    for (const receiver of receivers) receiver.onLost(this.#lost(error, receiver))
    this.#wake()
  }

  #lost(error: unknown, { request }: FrameReceiver): MillraceError {
    if (error instanceof MillraceError && error.code === 'FRAME_CORRUPT') return error
    const why = error instanceof Error ? `: ${error.message}` : ''
    return new MillraceError(
      'CONNECTION_LOST',
      `The data connection to ${this.#address} was lost${why}. It carried edge` +
        ` ${request.edgeIndex} from ${request.producerAttemptId} to subtask` +
        ` ${request.consumerSubtask}. See whether that TaskManager still runs.`,
      { disposition: 'retry', blame: 'external', cause: error },
    )
  }
}
