import { filesOfCheckpoint, inlineBytesOfCheckpoint, readStoredCheckpoints } from '@millrace/state'
import { type StoredJob, storedJobs, storedJobsOptions } from '../client/stored-jobs.ts'
import { exitCodes } from '../exit-code.ts'
import { formatBytes, formatElapsed, formatTime } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { renderTable } from '../terminal/table.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) => storedJobsOptions(yargs),
  async (args) => {
    const { directory, jobs } = await storedJobs(args)
    const listed = (await Promise.all(jobs.map(listCheckpoints))).flat()
    if (args.json) printJson(listed)
    else if (listed.length === 0) print(`There are no completed checkpoints in ${directory}.`)
    else await printTable(listed)
    return listed.some(({ error }) => error !== undefined) ? exitCodes.failed : exitCodes.success
  },
)

interface ListedCheckpoint {
  readonly jobId: string
  readonly checkpointId: number
  /** Of its state: what lies in the metadata, and all files, those shared with others included. */
  readonly sizeBytes: number
  readonly fileCount: number
  readonly jobName?: string
  readonly triggeredAtMs?: number
  readonly completedAtMs?: number
  readonly error?: { readonly code: string; readonly message: string }
}

async function listCheckpoints({ jobId, storage }: StoredJob): Promise<ListedCheckpoint[]> {
  const { completed, unreadable } = await readStoredCheckpoints(storage)
  const whole = completed.map((each) => {
    const { checkpointId, jobName, triggeredAtMs, completedAtMs } = each
    const files = filesOfCheckpoint(each)
    const ofFiles = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    const sizeBytes = ofFiles + inlineBytesOfCheckpoint(each)
    return {
      jobId,
      checkpointId,
      jobName,
      triggeredAtMs,
      completedAtMs,
      sizeBytes,
      fileCount: files.length,
    }
  })
  const damaged = unreadable.map(({ checkpointId, error: { code, message } }) => {
    return { jobId, checkpointId, sizeBytes: 0, fileCount: 0, error: { code, message } }
  })
  return [...whole, ...damaged].sort((a, b) => a.checkpointId - b.checkpointId)
}

async function printTable(listed: readonly ListedCheckpoint[]): Promise<void> {
  const rows = listed.map(
    ({ jobId, jobName = '', checkpointId, triggeredAtMs = 0, completedAtMs, ...rest }) => [
      jobId,
      jobName,
      String(checkpointId),
      completedAtMs === undefined ? 'damaged' : formatTime(completedAtMs),
      completedAtMs === undefined ? '' : formatElapsed(completedAtMs - triggeredAtMs),
      completedAtMs === undefined ? '' : formatBytes(rest.sizeBytes),
      completedAtMs === undefined ? '' : String(rest.fileCount),
    ],
  )
  const head = ['job', 'name', 'checkpoint', 'completed', 'took', 'size', 'files']
  print(await renderTable(head, rows))
  for (const { error } of listed) if (error !== undefined) note(error.message)
}
