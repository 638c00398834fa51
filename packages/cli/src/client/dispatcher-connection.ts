import type { Configuration } from '@millrace/core/config'
import { jobManagerRpcAddress, jobManagerRpcPort } from '@millrace/core/config'
import type { DispatcherGateway } from '@millrace/rpc'
import { ClusterDirectory, isRunning } from '../cluster/cluster-directory.ts'

/** A JobManager as clients see it, over gRPC. */
export interface DispatcherConnection extends DispatcherGateway {
  close(): void
}

/** Where the configuration says the JobManager is; IPv6 addresses in brackets. */
export function jobManagerAddress(configuration: Configuration): string {
  const host = configuration.get(jobManagerRpcAddress)
  return `${host.includes(':') ? `[${host}]` : host}:${configuration.get(jobManagerRpcPort)}`
}

/**
 * Where a command looks for the JobManager: where the configuration says so, and where it says
 * nothing, that of the local cluster if one runs, which may have another port than the default.
 */
export function clientAddress(configuration: Configuration): string {
  const options = [jobManagerRpcAddress, jobManagerRpcPort]
  const isSaid = options.some((option) => configuration.originOf(option) !== undefined)
  const running = isSaid ? '' : addressOfRunningCluster()
  return running === '' ? jobManagerAddress(configuration) : running
}

function addressOfRunningCluster(): string {
  const record = ClusterDirectory.of(undefined).read()
  const jobManager = record?.processes.find(({ name }) => name === 'jobmanager')
  return jobManager !== undefined && isRunning(jobManager) ? (record?.address ?? '') : ''
}

/** Runs `use` with a connection and closes it again. */
export async function withDispatcher<T>(
  configuration: Configuration,
  use: (gateway: DispatcherGateway) => Promise<T>,
): Promise<T> {
  const { createDispatcherClient } = await import('@millrace/rpc')
  const connection: DispatcherConnection = createDispatcherClient(clientAddress(configuration))
  try {
    return await use(connection)
  } finally {
    connection.close()
  }
}
