import { parseDurationMs } from '@millrace/core/config'
import { collectGarbage, type GarbageCollection } from '@millrace/state'
import { type StoredJob, storedJobs, storedJobsOptions } from '../client/stored-jobs.ts'
import { exitCodes } from '../exit-code.ts'
import { usageError } from '../terminal/failure-report.ts'
import { formatBytes, formatQuantity } from '../terminal/format.ts'
import { note, print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    storedJobsOptions(yargs)
      .option('dry-run', {
        type: 'boolean',
        default: false,
        describe: 'Only show what would be deleted',
      })
      .option('older-than', {
        type: 'string',
        default: '1 h',
        requiresArg: true,
        describe: 'Keep what is younger, such as 10 min',
      })
      .option('job-is-over', {
        type: 'boolean',
        default: false,
        describe: 'Delete also what a running job could still need; the job must not run',
      }),
  async (args) => {
    const ageMinMs = parseDurationMs(args.olderThan)
    if (ageMinMs === undefined) throw usageError("--older-than takes a duration, such as '10 min'.")
    if (args.jobIsOver && args.job === undefined) {
      throw usageError('--job-is-over is said of one job: name it.')
    }
    const results: JobGarbage[] = []
    const { directory, jobs } = await storedJobs(args)
    for (const job of jobs) {
      const collection = await collectGarbage(job.storage, {
        nowMs: Date.now(),
        ageMinMs,
        isJobOver: args.jobIsOver,
        isDryRun: args.dryRun,
      })
      if (!args.json) printCollection(job, collection, args.dryRun)
      results.push(jobGarbage(job, collection, args.dryRun))
    }
    if (args.json) printJson(results)
    else if (results.length === 0) print(`There are no files of jobs in ${directory}.`)
    const isClean = results.every(
      ({ failures, unreadable }) => failures.length === 0 && unreadable.length === 0,
    )
    return isClean ? exitCodes.success : exitCodes.failed
  },
)

interface JobGarbage extends Omit<GarbageCollection, 'unreadable' | 'failures'> {
  readonly jobId: string
  readonly isDryRun: boolean
  readonly unreadable: readonly { checkpointId: number; code: string; message: string }[]
  readonly failures: readonly { name: string; code: string; message: string }[]
}

/** As scripts read it: errors are no JSON. */
function jobGarbage(
  { jobId }: StoredJob,
  { unreadable, failures, ...files }: GarbageCollection,
  isDryRun: boolean,
): JobGarbage {
  return {
    jobId,
    isDryRun,
    ...files,
    unreadable: unreadable.map(({ checkpointId, error: { code, message } }) => {
      return { checkpointId, code, message }
    }),
    failures: failures.map(({ name, error: { code, message } }) => ({ name, code, message })),
  }
}

function printCollection(
  { jobId, storage }: StoredJob,
  { garbage, young, pending, foreign, unreadable, failures }: GarbageCollection,
  isDryRun: boolean,
): void {
  const failed = new Set(failures.map(({ name }) => name))
  const gone = garbage.filter(({ name }) => !failed.has(name))
  const verb = isDryRun ? 'would be deleted' : 'deleted'
  print(`Job ${jobId}: ${amountOf(gone)} ${verb}.`)
  for (const { name } of gone) print(`  ${storage.location}/${name}`)
  const kept = [
    [young, 'too young'],
    [pending, 'perhaps part of the next checkpoint (--job-is-over if the job does not run)'],
    [foreign, 'not of Millrace'],
  ] as const
  for (const [files, reason] of kept) {
    if (files.length > 0) print(`  ${amountOf(files)} kept: ${reason}.`)
  }
  for (const { error } of [...unreadable, ...failures]) note(error.message)
  if (unreadable.length > 0) {
    note('What damaged metadata names is unknown: nothing but unfinished writes is deleted.')
  }
}

function amountOf(files: GarbageCollection['garbage']): string {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return `${formatQuantity(files.length, 'file')} (${formatBytes(sizeBytes)})`
}
