import {
  type DataConnection,
  type DataConnectionHandler,
  type Frame,
  MillraceError,
} from '@millrace/core'
import type { PartitionRegistry } from '../partition-registry.ts'
import type { FrameSender, RemoteSubpartition } from '../remote-subpartition.ts'
import {
  answerKind,
  encodeAnswer,
  encodeBarrier,
  type PartitionRequest,
  RequestDecoder,
  type RequestHandler,
} from './data-protocol.ts'

/** The sending end of a slot's network: answers those who dial in to read its partitions. */
export class PartitionRequestServer {
  readonly #registry: PartitionRegistry
  readonly #wake: () => void
  readonly #connections = new Set<ServerConnection>()

  /** `wake` is called where credit has come. */
  constructor(registry: PartitionRegistry, wake: () => void) {
    this.#registry = registry
    this.#wake = wake
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** To be given to DataTransport.listen. */
  accept(connection: DataConnection): DataConnectionHandler {
    const accepted = new ServerConnection(connection, this.#registry, this.#wake, () => {
      this.#connections.delete(accepted)
    })
    this.#connections.add(accepted)
    return accepted
  }

  close(): void {
    for (const connection of [...this.#connections]) connection.close()
  }
}

/** One dialer: its channels, and requests that wait for their producer. */
class ServerConnection implements DataConnectionHandler, RequestHandler, FrameSender {
  readonly #connection: DataConnection
  readonly #registry: PartitionRegistry
  readonly #wake: () => void
  readonly #onGone: () => void
  readonly #decoder = new RequestDecoder(this)
  readonly #channels = new Map<number, RemoteSubpartition>()
  readonly #waiting = new Map<number, { cancel(): void }>()
  #isClosed = false

  constructor(
    connection: DataConnection,
    registry: PartitionRegistry,
    wake: () => void,
    onGone: () => void,
  ) {
    this.#connection = connection
    this.#registry = registry
    this.#wake = wake
    this.#onGone = onGone
  }

  onData(bytes: Uint8Array): void {
    try {
      this.#decoder.push(bytes)
    } catch (error) {
      // Whoever this is does not speak our protocol; its own end says what is wrong.
      if (!(error instanceof MillraceError)) throw error
      this.close()
    }
    this.#wake()
  }

  onClosed(): void {
    this.#end()
  }

  close(): void {
    if (this.#isClosed) return
    this.#connection.close()
    this.#end()
  }

  onOpen(request: PartitionRequest): void {
    const { channel, credits } = request
    if (this.#channels.has(channel) || this.#waiting.has(channel)) {
      throw new MillraceError('FRAME_CORRUPT', `Channel ${channel} was requested twice.`)
    }
    let isSettled = false
    const wait = this.#registry.find(request.producerAttemptId, request.edgeIndex, {
      onFound: (partition) => {
        isSettled = true
        this.#waiting.delete(channel)
        const subpartition = partition.requestRemote(request, this)
        if (subpartition === undefined) {
          this.#connection.write(encodeAnswer(answerKind.partitionNotFound, channel))
          return
        }
        this.#channels.set(channel, subpartition)
        this.#connection.write(encodeAnswer(answerKind.granted, channel))
        if (credits > 0) subpartition.onCredit(credits)
        this.#wake()
      },
      onTimeout: () => {
        isSettled = true
        this.#waiting.delete(channel)
        this.#connection.write(encodeAnswer(answerKind.partitionNotFound, channel))
      },
    })
    if (!isSettled) this.#waiting.set(channel, wait)
  }

  onCredit(channel: number, frames: number): void {
    if (frames > 0) this.#channels.get(channel)?.onCredit(frames)
  }

  onClose(channel: number): void {
    this.#waiting.get(channel)?.cancel()
    this.#waiting.delete(channel)
    this.#channels.get(channel)?.onClosed()
  }

  send(frame: Frame, onWritten: () => void): void {
    if (this.#isClosed) onWritten()
    else this.#connection.write(frame.bytes.subarray(0, frame.length), onWritten)
  }

  sendBarrier(channel: number, checkpointId: number): void {
    if (!this.#isClosed) this.#connection.write(encodeBarrier(channel, checkpointId))
  }

  forget(channel: number): void {
    this.#channels.delete(channel)
  }

  #end(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const wait of this.#waiting.values()) wait.cancel()
    this.#waiting.clear()
    for (const subpartition of [...this.#channels.values()]) subpartition.onClosed()
    this.#channels.clear()
    this.#onGone()
    this.#wake()
  }
}
