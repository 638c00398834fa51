import {
  type Configuration,
  logLevel,
  logLinesKept,
  taskManagerNumberOfTaskSlots,
} from '@millrace/core/config'
import type { DispatcherGateway } from '@millrace/rpc'
import { type JobProgram, planProgram } from '../client/job-submission.ts'
import { slotCountOf } from '../client/slot-count.ts'
import { LogBuffer } from '../io/log-buffer.ts'
import { PinoLogger } from '../io/pino-logger.ts'
import type { ProcessContext } from './foreground-process.ts'
import { type RunningJobManager, startJobManager } from './jobmanager-process.ts'
import { startTaskManager } from './taskmanager-process.ts'

// A cluster inside the command that runs a job: the same JobManager and TaskManager, real gRPC on a
// free port, real threads; only the processes are not apart.

const loopback = '127.0.0.1'

/**
 * Runs `use` with a cluster of as many slots as the job needs, or as the configuration says.
 * Records are frozen, so that a function that changes what it has emitted is found.
 */
export async function withLocalCluster<T>(
  configuration: Configuration,
  program: JobProgram,
  use: (gateway: DispatcherGateway) => Promise<T>,
): Promise<T> {
  const local = localConfiguration(configuration)
  return withJobManager(local, async (jobManager, context) => {
    const slots =
      local.originOf(taskManagerNumberOfTaskSlots) === undefined
        ? slotCountOf(await planProgram(jobManager.dispatcher, program))
        : local.get(taskManagerNumberOfTaskSlots)
    const port = jobManager.address.slice(jobManager.address.lastIndexOf(':') + 1)
    const taskManager = await startTaskManager(
      {
        ...context,
        configuration: local.withRecord(
          {
            'jobmanager.rpc.port': port,
            'taskmanager.numberOfTaskSlots': String(Math.max(1, slots)),
          },
          '--local',
        ),
      },
      { freezeRecords: true },
    )
    try {
      return await use(jobManager.dispatcher)
    } finally {
      context.onEnding()
      await taskManager.close()
    }
  })
}

/** Runs `use` with a JobManager alone: enough to build a graph. */
export async function withLocalJobManager<T>(
  configuration: Configuration,
  use: (gateway: DispatcherGateway) => Promise<T>,
): Promise<T> {
  return withJobManager(localConfiguration(configuration), ({ dispatcher }) => use(dispatcher))
}

interface LocalContext extends ProcessContext {
  /** What is logged from now on is of no interest. */
  readonly onEnding: () => void
}

async function withJobManager<T>(
  configuration: Configuration,
  use: (jobManager: RunningJobManager, context: LocalContext) => Promise<T>,
): Promise<T> {
  const logBuffer = new LogBuffer(configuration.get(logLinesKept))
  // Nothing that the run tells anyway, unless it was asked for: the terminal belongs to the job.
  const level =
    configuration.originOf(logLevel) === undefined ? 'error' : configuration.get(logLevel)
  let isEnding = false
  const logger = await PinoLogger.create({
    level,
    format: process.stderr.isTTY === true ? 'pretty' : 'json',
    buffer: logBuffer,
    write: (text) => {
      // That TaskManagers and sessions go is the way it ends, and no reason to warn.
      if (!isEnding) process.stderr.write(text)
    },
  })
  const onFatalError = (error: Error): void => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
  const context = {
    configuration,
    logger,
    logBuffer,
    onFatalError,
    onEnding: () => {
      isEnding = true
    },
  }
  const jobManager = await startJobManager(context)
  try {
    return await use(jobManager, context)
  } finally {
    context.onEnding()
    await jobManager.close()
  }
}

function localConfiguration(configuration: Configuration): Configuration {
  return configuration.withRecord(
    {
      'jobmanager.rpc.address': loopback,
      'jobmanager.rpc.port': '0',
      'jobmanager.bind-host': loopback,
      'taskmanager.bind-host': loopback,
      'taskmanager.host': loopback,
    },
    '--local',
  )
}
