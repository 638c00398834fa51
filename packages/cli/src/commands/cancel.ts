import { setTimeout as delay } from 'node:timers/promises'
import { isGloballyTerminal } from '@millrace/core'
import { withDispatcher } from '../client/dispatcher-connection.ts'
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
import { parseJobId } from './status.ts'

const pollMs = 50

export const command: Command = defineCommand(
  (yargs) =>
    clientOptions(outputOptions(yargs))
      .positional('job', { type: 'string', demandOption: true, describe: 'Id of the job' })
      .option('detached', {
        alias: 'd',
        type: 'boolean',
        default: false,
        describe: 'Do not wait until the job has ended',
      }),
  async (args) => {
    const jobId = parseJobId(args.job)
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    await withDispatcher(configuration, async (gateway) => {
      let job = await gateway.requestJob(jobId)
      const hadEnded = isGloballyTerminal(job.status)
      if (!hadEnded) {
        await gateway.cancelJob(jobId)
        job = await gateway.requestJob(jobId)
      }
      while (!args.detached && !isGloballyTerminal(job.status)) {
        await delay(pollMs)
        job = await gateway.requestJob(jobId)
      }
      if (args.json) printJson({ jobId, status: job.status })
      else print(`${colored(job.status)} ${job.name}${hadEnded ? ', before this command' : ''}`)
    })
    return exitCodes.success
  },
)
