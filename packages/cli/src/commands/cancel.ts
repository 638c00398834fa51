import { cancelJob } from '../client/job-cancellation.ts'
import { exitCodes } from '../exit-code.ts'
import { print, printJson } from '../terminal/output.ts'
import { colored } from '../terminal/progress-text.ts'
import { type Command, defineCommand } from './command.ts'
import { jobCommandOptions, withJob } from './job-command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    jobCommandOptions(yargs).option('detached', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'Do not wait until the job has ended',
    }),
  async (args) => {
    await withJob(args, async (gateway, jobId) => {
      const { status, name, hadEnded } = await cancelJob(gateway, jobId, {
        isDetached: args.detached,
      })
      if (args.json) printJson({ jobId, status })
      else print(`${colored(status)} ${name}${hadEnded ? ', before this command' : ''}`)
    })
    return exitCodes.success
  },
)
