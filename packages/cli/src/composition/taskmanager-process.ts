import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { type Logger, TaskManagerId } from '@millrace/core'
import {
  blobStorageDirectory,
  blobStorageSizeMax,
  type Configuration,
  checkpointingLocalBackupDirectory,
  jobManagerRpcAddress,
  taskCancellationTimeout,
  taskManagerBindHost,
  taskManagerDataPort,
  taskManagerHost,
  taskManagerNumberOfTaskSlots,
  taskManagerSlotHeapSize,
} from '@millrace/core/config'
import {
  fetchBundle,
  GrpcSessionConnector,
  startLivenessListener,
  TaskManagerSessionClient,
} from '@millrace/rpc'
import { TaskExecutor, type TaskExecutorOptions } from '@millrace/taskmanager'
import { installedVersion } from '../bundle/installation.ts'
import { jobManagerAddress } from '../client/dispatcher-connection.ts'
import { isEveryInterface, localAddressTowards } from '../io/local-address.ts'
import { claimProcessDirectory } from '../io/process-directory.ts'
import type { ProcessContext, RunningProcess } from './foreground-process.ts'
import { sessionOptions, temporaryDirectory } from './jobmanager-process.ts'
import { slotOptions } from './slot-options.ts'
import { systemEnvironment } from './system-environment.ts'
import { TaskManagerReadiness } from './taskmanager-readiness.ts'

const terminationTimeoutMs = 10_000
const shutdownTimeoutMs = 5_000
const addressAttemptCount = 10
const addressRetryMs = 1_000

/** A whole TaskManager: `ready` once it is registered and its slots are free. */
export async function startTaskManager(
  context: ProcessContext,
  options: { readonly freezeRecords: boolean } = { freezeRecords: false },
): Promise<RunningProcess> {
  const { configuration, logger, logBuffer, onFatalError } = context
  const environment = systemEnvironment(logger)
  const { clock, random } = environment
  const host = await advertisedHost(configuration, logger)
  const bindHost = configuration.get(taskManagerBindHost)
  const liveness = await startLivenessListener(bindHost, configuration.get(taskManagerDataPort))
  const directory = claimProcessDirectory(
    configuration.get(blobStorageDirectory) ?? temporaryDirectory(configuration),
    'taskmanager',
  )
  const taskManagerId = TaskManagerId.random(random)
  const backupParent = configuration.get(checkpointingLocalBackupDirectory)
  const backups =
    backupParent === undefined ? undefined : claimProcessDirectory(backupParent, 'local-backup')
  const jobManager = jobManagerAddress(configuration)
  const executor = new TaskExecutor(
    {
      ...environment,
      fetchBundle: (hash) => fetchBundle(jobManager, hash),
      moduleUrlOf: (path) => pathToFileURL(path).href,
      recentLogLines: (lineCountMax) => logBuffer.latest(lineCountMax),
      onFatalError,
    },
    {
      ...executorOptions(configuration, join(directory.path, 'bundles')),
      slot: slotOptions(configuration, {
        ...options,
        advertisedHost: host,
        stateDirectory: join(directory.path, 'state'),
        localBackupDirectory: join(backups?.path ?? directory.path, `local-${taskManagerId}`),
      }),
    },
  )
  const readiness = new TaskManagerReadiness(executor)
  const connector = new GrpcSessionConnector(jobManager)
  const livenessAddress = `${host.includes(':') ? `[${host}]` : host}:${liveness.port}`
  const registration = {
    taskManagerId,
    slotCount: configuration.get(taskManagerNumberOfTaskSlots),
    dataHost: host,
    livenessAddress,
    processId: process.pid,
    version: installedVersion(),
  }
  const client = new TaskManagerSessionClient(
    { clock, random, logger },
    connector,
    { registration, options: sessionOptions(configuration) },
    readiness,
  )
  executor.start()
  client.start()
  return {
    address: livenessAddress,
    ready: readiness.ready,
    close: async () => {
      await executor.close()
      client.close('the TaskManager was shut down')
      await connector.close()
      await liveness.close()
      directory.remove()
      backups?.remove()
    },
  }
}

function executorOptions(
  configuration: Configuration,
  bundleDirectory: string,
): Omit<TaskExecutorOptions, 'slot'> {
  return {
    slotCount: configuration.get(taskManagerNumberOfTaskSlots),
    heapLimitBytes: configuration.get(taskManagerSlotHeapSize),
    bundles: {
      directory: bundleDirectory,
      sizeBytesMax: configuration.get(blobStorageSizeMax),
    },
    cancellationTimeoutMs: configuration.get(taskCancellationTimeout),
    terminationTimeoutMs,
    shutdownTimeoutMs,
  }
}

/** How others reach this TaskManager. The JobManager's name may not be known at once. */
async function advertisedHost(configuration: Configuration, logger: Logger): Promise<string> {
  const named = configuration.get(taskManagerHost)
  if (named !== undefined) return named
  const bindHost = configuration.get(taskManagerBindHost)
  if (!isEveryInterface(bindHost)) return bindHost
  const jobManager = configuration.get(jobManagerRpcAddress)
  for (let attempt = 1; attempt <= addressAttemptCount; attempt++) {
    try {
      return await localAddressTowards(jobManager)
    } catch (error) {
      logger.warn('no way to the JobManager yet', { host: jobManager, attempt, error })
      await delay(addressRetryMs)
    }
  }
  const fallback = hostname()
  logger.warn('the host name of this machine is announced', { host: fallback })
  return fallback
}
