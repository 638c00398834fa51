import {
  type Clock,
  type DataAddress,
  type DataConnection,
  type DataConnectionHandler,
  type DataListener,
  type DataTransport,
  MillraceError,
} from '@millrace/core'

type Accept = (connection: DataConnection) => DataConnectionHandler

export interface MemoryNetworkOptions {
  /** Bytes are handed on in pieces of at most this size. */
  readonly pieceBytes: number
}

/** A network in memory: bytes arrive in order, in pieces, one turn of the clock later. */
export class MemoryNetwork {
  readonly #clock: Clock
  readonly #options: MemoryNetworkOptions
  readonly #listeners = new Map<DataAddress, Accept>()
  readonly #pipes = new Set<Pipe>()
  #listenerCount = 0

  constructor(clock: Clock, options: MemoryNetworkOptions = { pieceBytes: 1 << 20 }) {
    this.#clock = clock
    this.#options = options
  }

  get connectionCount(): number {
    return this.#pipes.size / 2
  }

  /** Cuts every connection, as a killed host does. */
  cut(): void {
    for (const pipe of [...this.#pipes]) pipe.end(new Error('cut'))
  }

  transport(): DataTransport {
    return {
      listen: (accept) => this.#listen(accept),
      connect: (address, handler) => this.#connect(address, handler),
    }
  }

  async #listen(accept: Accept): Promise<DataListener> {
    const address = `memory:${++this.#listenerCount}`
    this.#listeners.set(address, accept)
    return { address, close: () => this.#listeners.delete(address) }
  }

  async #connect(address: DataAddress, handler: DataConnectionHandler): Promise<DataConnection> {
    const accept = this.#listeners.get(address)
    if (accept === undefined) {
      throw new MillraceError('CONNECTION_LOST', `Nobody listens on ${address}.`)
    }
    const near = new Pipe(this.#clock, this.#options.pieceBytes, this.#pipes)
    const far = new Pipe(this.#clock, this.#options.pieceBytes, this.#pipes)
    near.join(far, handler)
    far.join(near, accept(far))
    return near
  }
}

class Pipe implements DataConnection {
  readonly #clock: Clock
  readonly #pieceBytes: number
  readonly #all: Set<Pipe>
  #other: Pipe | undefined
  #handler: DataConnectionHandler | undefined

  constructor(clock: Clock, pieceBytes: number, all: Set<Pipe>) {
    this.#clock = clock
    this.#pieceBytes = pieceBytes
    this.#all = all
  }

  join(other: Pipe, handler: DataConnectionHandler): void {
    this.#other = other
    this.#handler = handler
    this.#all.add(this)
  }

  write(bytes: Uint8Array, onWritten?: () => void): void {
    if (!this.#all.has(this)) {
      onWritten?.()
      return
    }
    const copy = bytes.slice()
    onWritten?.()
    this.#clock.setImmediate(() => {
      for (let at = 0; at < copy.length; at += this.#pieceBytes) {
        const other = this.#other
        if (other === undefined || !this.#all.has(other)) return
        // What is handed over belongs to the receiver only during the call.
        const piece = copy.slice(at, at + this.#pieceBytes)
        other.receive(piece)
        piece.fill(0xee)
      }
    })
  }

  close(): void {
    this.#clock.setImmediate(() => this.#other?.end(undefined))
    this.finish(undefined)
  }

  receive(piece: Uint8Array): void {
    this.#handler?.onData(piece)
  }

  end(error: Error | undefined): void {
    this.finish(error)
    this.#other?.finish(error)
  }

  finish(error: Error | undefined): void {
    if (!this.#all.delete(this)) return
    this.#handler?.onClosed(error)
  }
}
