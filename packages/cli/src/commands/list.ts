import { isGloballyTerminal, type JobStatus } from '@millrace/core'
import type { JobOverview } from '@millrace/rpc'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { exitCodes } from '../exit-code.ts'
import { formatElapsed, formatTime } from '../terminal/format.ts'
import { print, printJson } from '../terminal/output.ts'
import { colored } from '../terminal/progress-text.ts'
import { renderTable } from '../terminal/table.ts'
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
      .option('running', {
        alias: 'r',
        type: 'boolean',
        default: false,
        describe: 'Only jobs that run, or restart, or are being ended',
      })
      .option('scheduled', {
        alias: 's',
        type: 'boolean',
        default: false,
        describe: 'Only jobs that have not begun to run',
      })
      .option('all', {
        alias: 'a',
        type: 'boolean',
        default: false,
        describe: 'All jobs, as without any of these options',
      }),
  async (args) => {
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    const all = await withDispatcher(configuration, (gateway) => gateway.listJobs())
    const jobs = all.filter(({ status }) => isWanted(status, args))
    if (args.json) printJson(jobs)
    else if (jobs.length > 0) print(await jobTable(jobs))
    else print(all.length === 0 ? 'There are no jobs.' : 'There are no such jobs.')
    return exitCodes.success
  },
)

interface WantedJobs {
  readonly running: boolean
  readonly scheduled: boolean
  readonly all: boolean
}

function isWanted(status: JobStatus, { running, scheduled, all }: WantedJobs): boolean {
  if (all || (!running && !scheduled)) return true
  const isScheduled = status === 'INITIALIZING' || status === 'CREATED'
  if (isScheduled) return scheduled
  return running && !isGloballyTerminal(status)
}

async function jobTable(jobs: readonly JobOverview[]): Promise<string> {
  const rows = [...jobs]
    .sort((a, b) => b.startedAtMs - a.startedAtMs)
    .map((job) => [
      job.jobId,
      job.name,
      colored(job.status),
      formatTime(job.startedAtMs),
      formatElapsed((job.endedAtMs === 0 ? Date.now() : job.endedAtMs) - job.startedAtMs),
      `${job.runningTaskCount}/${job.taskCount}`,
      String(job.restartCount),
    ])
  return renderTable(['job', 'name', 'status', 'started', 'for', 'tasks running', 'restarts'], rows)
}
