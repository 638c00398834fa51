import { Server, ServerCredentials } from '@grpc/grpc-js'
import { MillraceError } from '@millrace/core'
import type { DispatcherGateway } from '../gateway/dispatcher-gateway.ts'
import type { SessionServer } from '../session/session-server.ts'
import { serverOptions } from './channel-options.ts'
import { dispatcherService } from './dispatcher-service.ts'
import { HealthService } from './health-service.ts'
import { dispatcherProto, healthProto, resourceManagerProto } from './proto-definition.ts'
import { type ReadBundle, resourceManagerService } from './resource-manager-service.ts'

export interface RpcServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly dispatcher: DispatcherGateway
  readonly sessions: SessionServer
  readonly readBundle: ReadBundle
  /** Without encryption by default. */
  readonly credentials?: ServerCredentials
}

export interface RpcServer {
  /** `host:port`, IPv6 in brackets; the port is the one it really listens on. */
  readonly address: string
  readonly port: number
  /**
   * Takes no more calls and lets those under way end, for `graceMs` (1000) at most. Close the
   * SessionServer before: the TaskManagers' streams end with it.
   */
  close(graceMs?: number): Promise<void>
}

/** Starts a JobManager's gRPC server; ADDRESS_IN_USE where another process listens there. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { host, dispatcher, sessions, readBundle } = options
  const server = new Server(serverOptions)
  const health = new HealthService(['millrace.v1.Dispatcher', 'millrace.v1.ResourceManager'])
  server.addService(dispatcherProto.service, dispatcherService(dispatcher))
  server.addService(resourceManagerProto.service, resourceManagerService(sessions, readBundle))
  server.addService(healthProto.service, health.handlers)
  const port = await bind(server, options)
  return {
    address: addressOf(host, port),
    port,
    close: async (graceMs = 1000) => {
      health.stop()
      await shutDown(server, graceMs)
    },
  }
}

function bind(server: Server, options: RpcServerOptions): Promise<number> {
  const address = addressOf(options.host, options.port)
  const credentials = options.credentials ?? ServerCredentials.createInsecure()
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port)
      else reject(bindFailed(address, error))
    })
  })
}

function bindFailed(address: string, error: Error): MillraceError {
  const options = {
    cause: error,
    blame: 'user',
    disposition: 'reject-request',
    details: { address },
  } as const
  if (error.message.includes('EADDRINUSE')) {
    return new MillraceError(
      'ADDRESS_IN_USE',
      `Another process listens on ${address} already. End it, or choose another port with ` +
        '--set jobmanager.rpc.port=…; 0 takes a free one.',
      options,
    )
  }
  // gRPC puts the system's words between its own.
  const reason = /\[(?:listen )?([^\]]+)\]/.exec(error.message)?.[1] ?? error.message
  return new MillraceError(
    'RPC_FAILED',
    `The JobManager cannot listen on ${address}: ${reason}. Check jobmanager.bind-host (or ` +
      'jobmanager.rpc.address) and jobmanager.rpc.port: the address must be one of this machine, ' +
      'the port above 1023.',
    options,
  )
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, graceMs)
    server.tryShutdown(() => resolve())
  })
  clearTimeout(timer)
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
