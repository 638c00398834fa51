import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import type { Clock } from '@millrace/core'
import type { DispatcherGateway } from '../gateway/dispatcher-gateway.ts'

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, callback) => {
    const timeout = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  },
  setImmediate: (callback) => {
    setImmediate(callback)
  },
}

/** A Dispatcher of which a test says what it needs; anything else is refused. */
export function dispatcherOf(methods: Partial<DispatcherGateway>): DispatcherGateway {
  const refuse = (): Promise<never> => Promise.reject(new Error('not expected in this test'))
  return {
    uploadBundle: refuse,
    hasBundle: refuse,
    submitJob: refuse,
    planJob: refuse,
    planRestore: refuse,
    listJobs: refuse,
    requestJob: refuse,
    cancelJob: refuse,
    rescaleJob: refuse,
    triggerSavepoint: refuse,
    requestSavepoints: refuse,
    requestClusterOverview: refuse,
    fetchResults: refuse,
    requestLogs: refuse,
    ...methods,
  }
}

export interface CuttableProxy {
  readonly address: string
  /** Destroys every connection. */
  cut(): void
  close(): void
}

/** Forwards TCP to a port of this machine. */
export async function startCuttableProxy(targetPort: number): Promise<CuttableProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((inward) => {
    const outward = dial(targetPort, '127.0.0.1')
    for (const [one, other] of [
      [inward, outward],
      [outward, inward],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `127.0.0.1:${port}`,
    cut,
    close: () => {
      server.close()
      cut()
    },
  }
}

/** What happened, in order; a test awaits what it is about. */
export class EventLog {
  readonly events: string[] = []
  #wake: (() => void) | undefined

  add(event: string): void {
    this.events.push(event)
    this.#wake?.()
  }

  /** Resolves when `event` was added `times` times. */
  async saw(event: string, times = 1): Promise<void> {
    while (this.events.filter((other) => other === event).length < times) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
