import { createServer, type Server } from 'node:net'
import { MillraceError } from '@millrace/core'

/** A port that answers as long as its process lives: what a TaskManager's liveness is probed at. */
export interface LivenessListener {
  /** The port it really listens on. */
  readonly port: number
  close(): Promise<void>
}

/** Listens on `host`; port 0 takes a free one. Every connection is accepted and hung up. */
export async function startLivenessListener(host: string, port = 0): Promise<LivenessListener> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenFailed(host, port, error)))
    server.listen({ host, port }, resolve)
  })
  return { port: portOf(server), close: () => close(server) }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}

function listenFailed(host: string, port: number, cause: Error): MillraceError {
  const isInUse = 'code' in cause && cause.code === 'EADDRINUSE'
  return new MillraceError(
    isInUse ? 'ADDRESS_IN_USE' : 'RPC_FAILED',
    isInUse
      ? `Another process listens on ${host}:${port} already. End it, or let the port be 0.`
      : `Cannot listen on ${host}:${port}: ${cause.message}. The host must be one of this machine.`,
    { cause, blame: 'user', disposition: 'reject-request', details: { host, port } },
  )
}
