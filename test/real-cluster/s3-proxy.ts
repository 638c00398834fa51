import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What becomes of a request on its way to the server. */
export type Fate =
  | 'pass'
  /** The server never sees it. */
  | 'cut before'
  /** The server does it, and nobody is told. */
  | 'cut after'
  /** Half of the answer comes. */
  | 'cut answer'
  /** Refused for now: 503 SlowDown. */
  | 'slow down'
  /** A server between that is out of order: 502 and a page of HTML. */
  | 'bad gateway'
  /** Never answered. */
  | 'hang'

export type FateOf = (method: string, path: string) => Fate

const slowDown =
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Later.</Message></Error>'

/** Stands before a server that speaks S3 and makes trouble, request by request. */
export class S3Proxy {
  readonly port: number
  /** Of each request; may be set anew at any time. */
  fateOf: FateOf = () => 'pass'
  /** Before each request is passed on. */
  delayMs = 0
  /** How many there were of each fate. */
  readonly counts: Partial<Record<Fate, number>> = {}
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: true })
  readonly #targetPort: number

  private constructor(server: Server, port: number, targetPort: number) {
    this.#server = server
    this.port = port
    this.#targetPort = targetPort
  }

  static async start(targetPort: number): Promise<S3Proxy> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new Error('no free port')
    const proxy = new S3Proxy(server, bound.port, targetPort)
    server.on('request', (incoming, outgoing) => proxy.#handle(incoming, outgoing))
    return proxy
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
    this.#agent.destroy()
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on('error', () => {})
    const { method = '', url = '' } = incoming
    const fate = this.fateOf(method, url)
    this.counts[fate] = (this.counts[fate] ?? 0) + 1
    if (this.delayMs > 0) await delay(this.delayMs)
    if (fate === 'cut before') incoming.socket.destroy()
    else if (fate === 'slow down') await refuse(incoming, outgoing, 503, slowDown)
    else if (fate === 'bad gateway') await refuse(incoming, outgoing, 502, '<html>nobody there')
    else if (fate === 'hang') incoming.resume()
    else this.#pass(incoming, outgoing, fate)
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse, fate: Fate): void {
    const { method, url: path, headers } = incoming
    const place = { host: '127.0.0.1', port: this.#targetPort, agent: this.#agent }
    const onward = request({ ...place, method, path, headers })
    onward.on('error', () => incoming.socket.destroy())
    outgoing.on('close', () => onward.destroy())
    onward.on('response', (response) => {
      response.on('error', () => incoming.socket.destroy())
      if (fate === 'cut after') {
        response.resume().on('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      if (fate === 'cut answer') {
        response.once('data', (data: Buffer) => {
          outgoing.write(data.subarray(0, data.length / 2), () => incoming.socket.destroy())
        })
        response.once('end', () => incoming.socket.destroy())
      } else {
        response.pipe(outgoing)
      }
    })
    incoming.pipe(onward)
  }
}

async function refuse(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
  text: string,
): Promise<void> {
  incoming.resume()
  await once(incoming, 'end')
  outgoing.writeHead(status, { 'content-length': text.length }).end(text)
}
