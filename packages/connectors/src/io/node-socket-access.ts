import { connect } from 'node:net'
import type { SocketAccess } from '../socket/socket-access.ts'

/** TCP. */
export const nodeSocketAccess: SocketAccess = {
  connect: ({ host, port }, handler) => {
    let failure: Error | undefined
    const socket = connect({ host, port })
    socket.on('data', (bytes) => handler.onData(bytes))
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => handler.onClosed(failure))
    return {
      pause: () => {
        socket.pause()
      },
      resume: () => {
        socket.resume()
      },
      close: () => {
        socket.destroy()
      },
    }
  },
}
