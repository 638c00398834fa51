import { connect } from 'node:net'
import type { Liveness, LivenessProbe } from '../session/liveness-probe.ts'

/** Dials by TCP and hangs up. */
export class TcpLivenessProbe implements LivenessProbe {
  readonly #timeoutMs: number

  constructor(timeoutMs = 1000) {
    this.#timeoutMs = timeoutMs
  }

  probe(address: string): Promise<Liveness> {
    const separator = address.lastIndexOf(':')
    const host = address.slice(0, separator).replace(/^\[|\]$/g, '')
    const port = Number(address.slice(separator + 1))
    if (separator < 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
      return Promise.resolve('unknown')
    }
    return new Promise((resolve) => {
      const socket = connect({ host, port })
      const end = (liveness: Liveness): void => {
        socket.destroy()
        resolve(liveness)
      }
      socket.setTimeout(this.#timeoutMs, () => end('unknown'))
      socket.on('connect', () => end('accepted'))
      socket.on('error', (error: NodeJS.ErrnoException) => {
        end(error.code === 'ECONNREFUSED' ? 'refused' : 'unknown')
      })
    })
  }
}
