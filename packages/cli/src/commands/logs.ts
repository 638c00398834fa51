import { TaskManagerId } from '@millrace/core'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { exitCodes } from '../exit-code.ts'
import { prettyFormat } from '../io/pino-logger.ts'
import { usageError } from '../terminal/failure-report.ts'
import { print } from '../terminal/output.ts'
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
      .option('taskmanager', {
        type: 'string',
        requiresArg: true,
        describe: "Id of a TaskManager; without it, the JobManager's log is shown",
      })
      .option('lines', {
        alias: 'n',
        type: 'number',
        default: 100,
        requiresArg: true,
        describe: 'How many of the newest lines',
      }),
  async (args) => {
    if (!Number.isInteger(args.lines) || args.lines < 1) {
      throw usageError('--lines takes a whole number of at least 1.')
    }
    const taskManagerId =
      args.taskmanager === undefined ? undefined : TaskManagerId.parse(args.taskmanager)
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    const lines = await withDispatcher(configuration, (gateway) =>
      gateway.requestLogs({ taskManagerId, lineCountMax: args.lines }),
    )
    const format =
      args.json || !process.stdout.isTTY ? (line: string) => line : await prettyFormat()
    for (const line of lines) print(format(line).trimEnd())
    return exitCodes.success
  },
)
