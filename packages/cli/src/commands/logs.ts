import { setTimeout as delay } from 'node:timers/promises'
import { TaskManagerId } from '@millrace/core'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { newLines } from '../client/new-lines.ts'
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

const followPollMs = 300
/** Lines asked for while following: what is logged between two looks, and some that are known. */
const followedLineCountMax = 1000

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
      })
      .option('follow', {
        alias: 'f',
        type: 'boolean',
        default: false,
        describe: 'Go on with new lines until Ctrl-C',
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
    const format =
      args.json || !process.stdout.isTTY
        ? (line: string) => line
        : await prettyFormat(process.stdout)
    await withDispatcher(configuration, async (gateway) => {
      const lineCountMax = args.follow ? Math.max(args.lines, followedLineCountMax) : args.lines
      let known = await gateway.requestLogs({ taskManagerId, lineCountMax })
      for (const line of known.slice(-args.lines)) print(format(line).trimEnd())
      while (args.follow) {
        await delay(followPollMs)
        const lines = await gateway.requestLogs({ taskManagerId, lineCountMax })
        for (const line of newLines(known, lines)) print(format(line).trimEnd())
        known = lines
      }
    })
    return exitCodes.success
  },
)
