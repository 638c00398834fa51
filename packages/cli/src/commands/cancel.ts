import { withDispatcher } from '../client/dispatcher-connection.ts'
import { cancelJob } from '../client/job-cancellation.ts'
import { findJobId, parseTypedJobId } from '../client/job-id-prefix.ts'
import { exitCodes } from '../exit-code.ts'
import { print, printJson } from '../terminal/output.ts'
import { colored } from '../terminal/progress-text.ts'
import { type Command, defineCommand } from './command.ts'
import {
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
} from './configuration-arguments.ts'
import { outputOptions } from './output-arguments.ts'

export const command: Command = defineCommand(
  (yargs) =>
    clientOptions(outputOptions(yargs))
      .positional('job', {
        type: 'string',
        demandOption: true,
        describe: 'Id of the job, or how it begins',
      })
      .option('detached', {
        alias: 'd',
        type: 'boolean',
        default: false,
        describe: 'Do not wait until the job has ended',
      }),
  async (args) => {
    const typed = parseTypedJobId(args.job)
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    await withDispatcher(configuration, async (gateway) => {
      const jobId = await findJobId(gateway, typed)
      const { status, name, hadEnded } = await cancelJob(gateway, jobId, {
        isDetached: args.detached,
      })
      if (args.json) printJson({ jobId, status })
      else print(`${colored(status)} ${name}${hadEnded ? ', before this command' : ''}`)
    })
    return exitCodes.success
  },
)
