import { findSavepoint, parseSavepointId } from '../client/job-savepoint.ts'
import { exitCodes } from '../exit-code.ts'
import { print, printJson } from '../terminal/output.ts'
import { describeSavepoint } from '../terminal/savepoint-report.ts'
import { type Command, defineCommand } from './command.ts'
import { jobCommandOptions, withJob } from './job-command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    jobCommandOptions(yargs).positional('id', {
      type: 'string',
      describe: 'Id of the savepoint; else all of the job',
    }),
  async (args) => {
    const savepointId = args.id === undefined ? undefined : parseSavepointId(args.id)
    const savepoints = await withJob(args, async (gateway, jobId) => {
      if (savepointId === undefined) return gateway.requestSavepoints(jobId)
      return [await findSavepoint(gateway, jobId, savepointId)]
    })
    if (args.json) printJson(savepoints)
    else if (savepoints.length === 0) print('No savepoint was asked for.')
    else for (const savepoint of savepoints) print(describeSavepoint(savepoint))
    return exitCodes.success
  },
)
