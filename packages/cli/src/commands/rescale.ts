import { parseParallelism, rescaleJob } from '../client/job-rescale.ts'
import { exitCodes } from '../exit-code.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { colored } from '../terminal/progress-text.ts'
import { gapText, rescaleProgress } from '../terminal/rescale-report.ts'
import { type Command, defineCommand } from './command.ts'
import { jobCommandOptions, withJob } from './job-command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    jobCommandOptions(yargs)
      .option('parallelism', {
        alias: 'p',
        type: 'string',
        requiresArg: true,
        describe: 'New parallelism of all operators that have none of their own; needed',
      })
      .option('detached', {
        alias: 'd',
        type: 'boolean',
        default: false,
        describe: 'Do not wait until the job runs with it',
      }),
  async (args) => {
    const parallelism = parseParallelism(args.parallelism)
    await withJob(args, async (gateway, jobId) => {
      const { job, rescale } = await rescaleJob(gateway, jobId, parallelism, {
        isDetached: args.detached,
        onProgress: (details) => {
          const text = rescaleProgress(details)
          if (!args.json && text !== '') note(text)
        },
      })
      if (args.json) {
        const { fromParallelism = parallelism, state = 'unchanged', gapMs } = rescale ?? {}
        printJson({ jobId, state, fromParallelism, toParallelism: parallelism, gapMs })
      } else if (rescale === undefined) {
        print(`${colored(job.status)} ${job.name} has parallelism ${parallelism} already`)
      } else if (rescale.state === 'completed') {
        const from = rescale.fromParallelism
        const what = `${job.name} with parallelism ${parallelism} instead of ${from}`
        print(`${colored(job.status)} ${what}; its tasks stood still for ${gapText(rescale.gapMs)}`)
      } else {
        print(`${colored(job.status)} ${job.name} is being rescaled to ${parallelism}`)
      }
    })
    return exitCodes.success
  },
)
