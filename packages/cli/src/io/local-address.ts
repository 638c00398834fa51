import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'

/**
 * The address of this machine from which it reaches `host`: nothing is sent, the system only
 * chooses the way. Rejects where the name is not known or there is no way.
 */
export async function localAddressTowards(host: string): Promise<string> {
  const { address, family } = await lookup(host)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      // Any port will do.
      socket.connect(9, address, resolve)
    })
    return socket.address().address
  } finally {
    socket.close()
  }
}

/** Whether a host to bind to means every interface. */
export function isEveryInterface(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '*'
}
