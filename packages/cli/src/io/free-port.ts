import { createServer } from 'node:net'
import { addressInUse } from './address-in-use.ts'

/** Rejects with ADDRESS_IN_USE where another process listens there. 0 is always free. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (port === 0) return
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(addressInUse(host, port, error))
      // The JobManager says what else is wrong with the address.
      else resolve()
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()))
  })
}
