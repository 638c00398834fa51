import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionId } from '@millrace/core'
import {
  blobStorageDirectory,
  blobStorageSizeMax,
  type Configuration,
  checkpointingDirectory,
  heartbeatInterval,
  heartbeatTimeout,
  ioTmpDirs,
  jobManagerBindHost,
  jobManagerJobHostHeapSize,
  jobManagerRpcAddress,
  jobManagerRpcPort,
  jobStoreMaxCapacity,
  taskCancellationTimeout,
} from '@millrace/core/config'
import {
  JobManager,
  type JobManagerOptions,
  jobHostThread,
  jobManagerOptionsDefault,
} from '@millrace/jobmanager'
import {
  type DispatcherGateway,
  type SessionOptions,
  SessionServer,
  startRpcServer,
  TcpLivenessProbe,
} from '@millrace/rpc'
import { CheckpointStorages } from '@millrace/state'
import { installedVersion } from '../bundle/installation.ts'
import { requireFreePort } from '../io/free-port.ts'
import { claimProcessDirectory } from '../io/process-directory.ts'
import type { ProcessContext, RunningProcess } from './foreground-process.ts'
import { highAvailability } from './high-availability.ts'
import { s3StorageOptions } from './s3-storage-options.ts'
import { systemEnvironment } from './system-environment.ts'

export interface RunningJobManager extends RunningProcess {
  /** For who shares the process with it. */
  readonly dispatcher: DispatcherGateway
}

/** A whole JobManager that listens for clients and TaskManagers. Rejects with ADDRESS_IN_USE. */
export async function startJobManager(context: ProcessContext): Promise<RunningJobManager> {
  const { configuration, logger, logBuffer, onFatalError } = context
  const directory = claimProcessDirectory(temporaryDirectory(configuration), 'jobmanager')
  const environment = systemEnvironment(logger)
  const storages = new CheckpointStorages({ ...environment, s3: s3StorageOptions(configuration) })
  // The JobManager asks the sessions, which need it as their handler.
  let sessions: SessionServer | undefined
  const jobManager = new JobManager(
    {
      ...environment,
      checkpointStorage: (jobDirectory) => storages.open(jobDirectory),
      highAvailability: highAvailability(configuration, environment),
      readLog: async (lineCountMax) => logBuffer.latest(lineCountMax),
      lastHeartbeatAgoMs: (sessionId: SessionId) => sessions?.lastHeartbeatAgoMs(sessionId),
      onFatalError,
    },
    jobManagerOptions(context, directory.path),
  )
  try {
    // Before another JobManager there loses its jobs to this one, which then could not listen.
    await requireFreePort(
      configuration.get(jobManagerBindHost),
      configuration.get(jobManagerRpcPort),
    )
    await jobManager.open()
    sessions = new SessionServer(
      environment,
      new TcpLivenessProbe(),
      { ...sessionOptions(configuration), epoch: jobManager.epoch },
      jobManager.sessionServerHandler,
    )
    const server = await startRpcServer({
      host: configuration.get(jobManagerBindHost),
      port: configuration.get(jobManagerRpcPort),
      dispatcher: jobManager.dispatcher,
      sessions,
      readBundle: async function* (hash) {
        yield await jobManager.readBundle(hash)
      },
    })
    // The first job need not wait for the start of a thread.
    environment.threadHost.keepSpare(jobHostThread(configuration.get(jobManagerJobHostHeapSize)))
    const host = configuration.get(jobManagerRpcAddress)
    return {
      address: `${host.includes(':') ? `[${host}]` : host}:${server.port}`,
      dispatcher: jobManager.dispatcher,
      ready: Promise.resolve(),
      close: async () => {
        await jobManager.close()
        sessions?.close('the JobManager is shutting down')
        await server.close()
        environment.threadHost.close()
        directory.remove()
      },
    }
  } catch (error) {
    directory.remove()
    throw error
  }
}

/** Where temporary files of processes go. */
export function temporaryDirectory(configuration: Configuration): string {
  return configuration.get(ioTmpDirs) ?? tmpdir()
}

export function sessionOptions(configuration: Configuration): Partial<SessionOptions> {
  return {
    heartbeatIntervalMs: configuration.get(heartbeatInterval),
    heartbeatTimeoutMs: configuration.get(heartbeatTimeout),
  }
}

function jobManagerOptions(context: ProcessContext, directory: string): JobManagerOptions {
  const { configuration, isEmbedded = false } = context
  const version = installedVersion()
  const blobDirectory = configuration.get(blobStorageDirectory)
  return {
    ...jobManagerOptionsDefault,
    version,
    apiVersion: version,
    processId: process.pid,
    // In a directory of the user's choice, bundles outlive the process.
    bundleDirectory: join(blobDirectory ?? directory, 'jobmanager-bundles'),
    bundleStoreSizeMaxBytes: configuration.get(blobStorageSizeMax),
    clusterConfig: {
      ...(isEmbedded ? { [checkpointingDirectory.key]: join(directory, 'checkpoints') } : {}),
      ...clusterConfig(configuration),
    },
    jobHostHeapLimitBytes: configuration.get(jobManagerJobHostHeapSize),
    jobStoreCapacityMax: configuration.get(jobStoreMaxCapacity),
  }
}

/** What jobs inherit, and the time JobMasters give TaskManagers, which both must know. */
function clusterConfig(configuration: Configuration): Readonly<Record<string, string>> {
  const { key } = taskCancellationTimeout
  const cancellationTimeout = configuration.toRecord('cluster')[key]
  const record = configuration.toRecord('job')
  return cancellationTimeout === undefined ? record : { ...record, [key]: cancellationTimeout }
}
