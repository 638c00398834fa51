import { type Configuration, taskManagerNumberOfTaskSlots } from '@millrace/core/config'
import type { DispatcherGateway } from '@millrace/rpc'
import { type JobProgram, planProgram } from '../client/job-submission.ts'
import { slotCountOf } from '../client/slot-count.ts'
import { type EmbeddedContext, embeddedConfiguration, embeddedContext } from './embedded-context.ts'
import { type RunningJobManager, startJobManager } from './jobmanager-process.ts'
import { startTaskManager } from './taskmanager-process.ts'

// A cluster inside the command that runs a job: the same JobManager and TaskManager, real gRPC on a
// free port, real threads; only the processes are not apart.

export interface LocalRun {
  readonly configuration: Configuration
  readonly program: JobProgram
  /** Rejects instead of waiting on where the user has enough: user code may take for ever. */
  readonly orInterrupted: <T>(promise: Promise<T>) => Promise<T>
}

/**
 * Runs `use` with a cluster of as many slots as the job needs, or as the configuration says.
 * Records are frozen, so that a function that changes what it has emitted is found.
 */
export async function withLocalCluster<T>(
  { configuration, program, orInterrupted }: LocalRun,
  use: (gateway: DispatcherGateway) => Promise<T>,
): Promise<T> {
  const local = embeddedConfiguration(configuration, '--local')
  return withJobManager(local, async (jobManager, context) => {
    const slots =
      local.originOf(taskManagerNumberOfTaskSlots) === undefined
        ? slotCountOf(await orInterrupted(planProgram(jobManager.dispatcher, program)))
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
  return withJobManager(embeddedConfiguration(configuration, '--local'), ({ dispatcher }) =>
    use(dispatcher),
  )
}

async function withJobManager<T>(
  configuration: Configuration,
  use: (jobManager: RunningJobManager, context: EmbeddedContext) => Promise<T>,
): Promise<T> {
  const context = await embeddedContext(configuration, (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
  const jobManager = await startJobManager(context)
  try {
    return await use(jobManager, context)
  } finally {
    context.onEnding()
    await jobManager.close()
  }
}
