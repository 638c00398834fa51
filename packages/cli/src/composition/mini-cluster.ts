import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Configuration, ioTmpDirs } from '@millrace/core/config'
import { createDispatcherClient } from '@millrace/rpc'
import {
  type ComposedCluster,
  MiniCluster as GenericMiniCluster,
  type MiniClusterOptions,
  type ProgramRequest,
} from '@millrace/testing'
import { bundleJob } from '../bundle/job-bundle.ts'
import { type JobProgram, planRestore, submitProgram } from '../client/job-submission.ts'
import { claimProcessDirectory } from '../io/process-directory.ts'
import { SystemClock } from '../io/system-clock.ts'
import { embeddedConfiguration, embeddedContext } from './embedded-context.ts'
import { startJobManager } from './jobmanager-process.ts'
import { startTaskManager } from './taskmanager-process.ts'

/** A MiniCluster of the real world: clock, sockets, disks and threads of this machine. */
export type MiniCluster = GenericMiniCluster

export const MiniCluster: {
  /** Resolves when all TaskManagers are registered and their slots free. */
  start(options?: MiniClusterOptions): Promise<MiniCluster>
} = {
  start: (options) => GenericMiniCluster.start(new SystemClock(), composeCluster, options),
}

let clusterCount = 0

async function composeCluster(
  settings: Readonly<Record<string, string>>,
): Promise<ComposedCluster> {
  const origin = 'the MiniCluster'
  const configuration = embeddedConfiguration(
    Configuration.empty.withRecord(settings, origin),
    origin,
  )
  clusterCount++
  // Processes keep their files apart by their process id, which all members share here.
  const parent = configuration.get(ioTmpDirs) ?? tmpdir()
  const directory = claimProcessDirectory(parent, `minicluster-${clusterCount}`)
  const inDirectory = (member: string): Readonly<Record<string, string>> => ({
    'io.tmp.dirs': join(directory.path, member),
  })
  const failure = Promise.withResolvers<never>()
  // Nobody may be waiting when it happens; who does so later hears of it.
  failure.promise.catch(() => {})
  const context = await embeddedContext(
    configuration.withRecord(inDirectory('jobmanager'), origin),
    failure.reject,
  )
  const jobManager = await startJobManager(context).catch((error: unknown) => {
    directory.remove()
    throw error
  })
  const port = jobManager.address.slice(jobManager.address.lastIndexOf(':') + 1)
  const gateway = createDispatcherClient(jobManager.address)
  let taskManagerCount = 0
  return {
    gateway,
    failed: failure.promise,
    startTaskManager: async (slotCount) => {
      taskManagerCount++
      const taskManager = await startTaskManager(
        {
          ...context,
          configuration: configuration.withRecord(
            {
              ...inDirectory(`taskmanager-${taskManagerCount}`),
              'jobmanager.rpc.port': port,
              'taskmanager.numberOfTaskSlots': String(slotCount),
            },
            origin,
          ),
        },
        { freezeRecords: true },
      )
      await taskManager.ready
      return taskManager
    },
    submitProgram: async (request) => submitProgram(gateway, await programOf(request)),
    planRestore: async (request) => planRestore(gateway, await programOf(request)),
    close: async () => {
      context.onEnding()
      gateway.close()
      await jobManager.close()
      directory.remove()
    },
  }
}

async function programOf({ module, args, config }: ProgramRequest): Promise<JobProgram> {
  const path = typeof module === 'string' ? module : fileURLToPath(module)
  return { bundle: await bundleJob(path), args, config }
}
