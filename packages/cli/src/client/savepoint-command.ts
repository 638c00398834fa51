import type { SavepointGoal } from '@millrace/rpc'
import type { Argv } from 'yargs'
import { type JobCommandArguments, jobCommandOptions, withJob } from '../commands/job-command.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { savepointProgress } from '../terminal/savepoint-report.ts'
import { listenForInterrupts } from './interrupts.ts'
import { followSavepoint } from './job-savepoint.ts'

export interface SavepointCommandArguments extends JobCommandArguments {
  readonly detached: boolean
}

/** What `savepoint take` and `stop` have in common. */
export function savepointCommandOptions<T>(yargs: Argv<T>): Argv<T & SavepointCommandArguments> {
  return jobCommandOptions(yargs).option('detached', {
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
  return withJob(args, async (gateway, jobId) => {
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
