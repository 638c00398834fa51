import net from 'node:net'
import {
  type DataAddress,
  type DataConnection,
  type DataConnectionHandler,
  type DataListener,
  type DataTransport,
  MillraceError,
} from '@millrace/core'

/** Read into by one connection's socket: large enough for a few frames at a time. */
const readBufferBytes = 128 * 1024
const dialTimeoutMs = 10_000

export interface TcpTransportOptions {
  readonly bindHost: string
  /** What others reach this host by. */
  readonly advertisedHost: string
}

/** Data connections over TCP. Slots listen on a port of the system's choice. */
export class TcpDataTransport implements DataTransport {
  readonly #options: TcpTransportOptions

  constructor(options: TcpTransportOptions) {
    this.#options = options
  }

  listen(accept: (connection: DataConnection) => DataConnectionHandler): Promise<DataListener> {
    const { bindHost, advertisedHost } = this.#options
    const sockets = new Set<net.Socket>()
    const server = net.createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      const connection = new TcpConnection(socket)
      connection.use(accept(connection))
      socket.on('data', (bytes) => connection.onData(bytes as Uint8Array))
    })
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenFailed(bindHost, error)))
      server.listen({ host: bindHost, port: 0 }, () => {
        server.removeAllListeners('error')
        // Accepting may fail later, for want of file descriptors: the dialer sees that.
        server.on('error', () => {})
        const { port } = server.address() as net.AddressInfo
        const host = advertisedHost.includes(':') ? `[${advertisedHost}]` : advertisedHost
        resolve({
          address: `${host}:${port}`,
          close: () => {
            server.close()
            for (const socket of sockets) socket.destroy()
          },
        })
      })
    })
  }

  async connect(address: DataAddress, handler: DataConnectionHandler): Promise<DataConnection> {
    const { host, port } = parseAddress(address)
    return await new Promise((resolve, reject) => {
      let connection: TcpConnection | undefined
      const socket = net.connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer: new Uint8Array(readBufferBytes),
          callback: (count, buffer) => {
            connection?.onData(buffer.subarray(0, count))
            return true
          },
        },
      })
      const timer = setTimeout(() => socket.destroy(new Error('timed out')), dialTimeoutMs)
      const onDialFailed = (error: Error): void => {
        clearTimeout(timer)
        reject(dialFailed(address, error))
      }
      socket.once('error', onDialFailed)
      socket.once('connect', () => {
        clearTimeout(timer)
        connection = new TcpConnection(socket)
        connection.use(handler)
        socket.off('error', onDialFailed)
        resolve(connection)
      })
    })
  }
}

class TcpConnection implements DataConnection {
  readonly #socket: net.Socket
  #handler: DataConnectionHandler | undefined
  #error: Error | undefined
  #isClosedHere = false

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('error', (error) => {
      this.#error = error
    })
    socket.once('close', () => {
      const handler = this.#handler
      this.#handler = undefined
      handler?.onClosed(this.#isClosedHere ? undefined : this.#error)
    })
    // The other end has said all it will: half a connection is of no use.
    socket.once('end', () => socket.destroy())
  }

  use(handler: DataConnectionHandler): void {
    this.#handler = handler
  }

  onData(bytes: Uint8Array): void {
    this.#handler?.onData(bytes)
  }

  write(bytes: Uint8Array, onWritten?: () => void): void {
    if (this.#socket.destroyed) {
      onWritten?.()
      return
    }
    if (onWritten === undefined) this.#socket.write(bytes)
    else this.#socket.write(bytes, () => onWritten())
  }

  close(): void {
    this.#isClosedHere = true
    this.#socket.destroy()
  }
}

function parseAddress(address: DataAddress): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined) {
    throw new MillraceError('CONNECTION_LOST', `'${address}' is no address of a data port.`)
  }
  return { host, port: Number(port) }
}

function dialFailed(address: DataAddress, error: Error): MillraceError {
  return new MillraceError('CONNECTION_LOST', `Cannot reach ${address}: ${error.message}`, {
    cause: error,
    disposition: 'retry',
    blame: 'external',
  })
}

function listenFailed(host: string, error: Error): MillraceError {
  return new MillraceError(
    'ADDRESS_IN_USE',
    `Cannot open a data port on '${host}': ${error.message}. Set taskmanager.bind-host to an ` +
      `address of this machine.`,
    { cause: error, blame: 'external' },
  )
}
