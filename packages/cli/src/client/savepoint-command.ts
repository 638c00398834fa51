import type { SavepointGoal } from '@millrace/rpc'
import type { Argv } from 'yargs'
import {
  type ClientArguments,
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
} from '../commands/configuration-arguments.ts'
import { type OutputArguments, outputOptions } from '../commands/output-arguments.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { savepointProgress } from '../terminal/savepoint-report.ts'
import { withDispatcher } from './dispatcher-connection.ts'
import { listenForInterrupts } from './interrupts.ts'
import { findJobId, parseTypedJobId } from './job-id-prefix.ts'
import { followSavepoint } from './job-savepoint.ts'

export interface SavepointCommandArguments extends ClientArguments, OutputArguments {
  readonly job: string
  readonly detached: boolean
}

/** What `savepoint take` and `stop` have in common. */
export function savepointCommandOptions<T>(yargs: Argv<T>): Argv<T & SavepointCommandArguments> {
  return clientOptions(outputOptions(yargs))
    .positional('job', {
      type: 'string',
      demandOption: true,
      describe: 'Id of the job, or how it begins',
    })
    .option('detached', {
      alias: 'd',
      type: 'boolean',
      default: false,
      describe: 'Do not wait for it; print its id',
    })
}

/**
 * Takes a savepoint, and tells how far it is on stderr. Its directory is the one line on stdout.
 * Ctrl-C leaves it going on.
 */
export async function takeSavepoint(
  args: SavepointCommandArguments,
  goal: SavepointGoal,
  targetDirectory: string | undefined,
): Promise<ExitCode> {
  const typed = parseTypedJobId(args.job)
  const entries = jobManagerEntries(args.jobmanager)
  const { configuration } = await loadCommandConfiguration(args, entries)
  return withDispatcher(configuration, async (gateway) => {
    const jobId = await findJobId(gateway, typed)
    const savepointId = await gateway.triggerSavepoint({ jobId, goal, targetDirectory })
    const how = `\`millrace savepoint status ${jobId} ${savepointId}\` shows how far it is`
    if (args.detached) {
      if (args.json) printJson({ jobId, savepointId })
      else print(savepointId)
      note(`${how}.`)
      return exitCodes.success
    }
    const interrupts = listenForInterrupts(['SIGINT'])
    let told = ''
    try {
      const savepoint = await followSavepoint(gateway, jobId, savepointId, {
        left: interrupts.next(),
        onProgress: (details, job) => {
          const text = savepointProgress(details, job)
          if (text !== told && !args.json) note(text)
          told = text
        },
      })
      if (savepoint === 'left') {
        note(`Savepoint ${savepointId} goes on; ${how}.`)
        return exitCodes.detached
      }
      const { location, sizeBytes } = savepoint
      if (args.json) printJson({ jobId, savepointId, location, sizeBytes })
      else print(location)
      return exitCodes.success
    } finally {
      interrupts.close()
    }
  })
}
