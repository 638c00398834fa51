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
  (yargs) => clientOptions(outputOptions(yargs)),
  async (args) => {
    const { configuration } = await loadCommandConfiguration(
      args,
      jobManagerEntries(args.jobmanager),
    )
    const jobs = await withDispatcher(configuration, (gateway) => gateway.listJobs())
    if (args.json) printJson(jobs)
    else print(jobs.length === 0 ? 'There are no jobs.' : await jobTable(jobs))
    return exitCodes.success
  },
)

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
