import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxyPlace {
  /** 0: any that is free. */
  readonly port: number
  readonly host: string
}

/** Passes connections on to a port until it is told to cut them, or to pass them elsewhere. */
export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #targetPort: number
  #isCut = false

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server
    this.port = port
    this.#targetPort = targetPort
  }

  static async start(
    targetPort: number,
    place: TcpProxyPlace = { port: 0, host: '127.0.0.1' },
  ): Promise<TcpProxy> {
    const server = createServer().listen(place.port, place.host)
    await once(server, 'listening')
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new Error('no free port')
    const proxy = new TcpProxy(server, bound.port, targetPort)
    server.on('connection', (socket) => proxy.#pass(socket))
    return proxy
  }

  /** Breaks every connection; new ones go to another port, as an address that moves does. */
  redirect(targetPort: number): void {
    this.#targetPort = targetPort
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Breaks every connection; new ones are closed at once. */
  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #pass(socket: Socket): void {
    if (this.#isCut) {
      socket.destroy()
      return
    }
    const target = connect(this.#targetPort, '127.0.0.1')
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
