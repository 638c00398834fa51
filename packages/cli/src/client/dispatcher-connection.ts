import type { Configuration } from '@millrace/core/config'
import { jobManagerRpcAddress, jobManagerRpcPort } from '@millrace/core/config'
import type { DispatcherGateway } from '@millrace/rpc'

/** A JobManager as clients see it, over gRPC. */
export interface DispatcherConnection extends DispatcherGateway {
  close(): void
}

/** Where the configuration says the JobManager is; IPv6 addresses in brackets. */
export function jobManagerAddress(configuration: Configuration): string {
  const host = configuration.get(jobManagerRpcAddress)
  return `${host.includes(':') ? `[${host}]` : host}:${configuration.get(jobManagerRpcPort)}`
}

/** Runs `use` with a connection and closes it again. */
export async function withDispatcher<T>(
  configuration: Configuration,
  use: (gateway: DispatcherGateway) => Promise<T>,
): Promise<T> {
  const { createDispatcherClient } = await import('@millrace/rpc')
  const connection: DispatcherConnection = createDispatcherClient(jobManagerAddress(configuration))
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}
