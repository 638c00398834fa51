import { withDispatcher } from '../client/dispatcher-connection.ts'
import { findJobId, parseTypedJobId } from '../client/job-id-prefix.ts'
import { findSavepoint, parseSavepointId } from '../client/job-savepoint.ts'
import { exitCodes } from '../exit-code.ts'
import { print, printJson } from '../terminal/output.ts'
import { describeSavepoint } from '../terminal/savepoint-report.ts'
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
      .positional('id', { type: 'string', describe: 'Id of the savepoint; else all of the job' }),
  async (args) => {
    const typed = parseTypedJobId(args.job)
    const savepointId = args.id === undefined ? undefined : parseSavepointId(args.id)
    const entries = jobManagerEntries(args.jobmanager)
    const { configuration } = await loadCommandConfiguration(args, entries)
    const savepoints = await withDispatcher(configuration, async (gateway) => {
      const jobId = await findJobId(gateway, typed)
      if (savepointId === undefined) return gateway.requestSavepoints(jobId)
      return [await findSavepoint(gateway, jobId, savepointId)]
    })
    if (args.json) printJson(savepoints)
    else if (savepoints.length === 0) print('No savepoint was asked for.')
    else for (const savepoint of savepoints) print(describeSavepoint(savepoint))
    return exitCodes.success
  },
)
