import {
  type CheckpointVerification,
  checkpointIdOfMetadata,
  type VerifiedFiles,
  verifyCheckpoint,
} from '@millrace/state'
import { type StoredJob, storedJobs, storedJobsOptions } from '../client/stored-jobs.ts'
import { exitCodes } from '../exit-code.ts'
import { usageError } from '../terminal/failure-report.ts'
import { formatBytes, formatQuantity } from '../terminal/format.ts'
import { print, printJson } from '../terminal/output.ts'
import { type Command, defineCommand } from './command.ts'

export const command: Command = defineCommand(
  (yargs) =>
    storedJobsOptions(yargs).option('checkpoint', {
      type: 'number',
      requiresArg: true,
      describe: 'Only the checkpoint of this number',
    }),
  async (args) => {
    const { checkpoint, json } = args
    if (checkpoint !== undefined && !(Number.isSafeInteger(checkpoint) && checkpoint >= 1)) {
      throw usageError('--checkpoint takes the number of a checkpoint.')
    }
    const results: VerifiedCheckpoint[] = []
    const { directory, jobs } = await storedJobs(args)
    for (const job of jobs) {
      for (const verification of await verifyJob(job, checkpoint)) {
        const result = verifiedCheckpoint(job, verification)
        if (!json) printResult(result)
        results.push(result)
      }
    }
    if (json) printJson(results)
    else if (results.length === 0) print(`There is no ${wantedText(checkpoint)} in ${directory}.`)
    const isWhole = results.every(({ problems }) => problems.length === 0)
    // The one that was asked for must be there.
    return isWhole && (checkpoint === undefined || results.length > 0)
      ? exitCodes.success
      : exitCodes.failed
  },
)

function wantedText(checkpointId: number | undefined): string {
  return checkpointId === undefined ? 'completed checkpoint' : `checkpoint ${checkpointId}`
}

interface VerifiedCheckpoint {
  readonly jobId: string
  readonly checkpointId: number
  readonly fileCount: number
  readonly sizeBytes: number
  readonly problems: CheckpointVerification['problems']
}

async function verifyJob(
  { storage }: StoredJob,
  wanted: number | undefined,
): Promise<readonly CheckpointVerification[]> {
  const ids = (await storage.list(''))
    .map(checkpointIdOfMetadata)
    .filter((id) => id !== undefined)
    .filter((id) => wanted === undefined || id === wanted)
    .sort((a, b) => a - b)
  const verified: VerifiedFiles = new Map()
  const verifications: CheckpointVerification[] = []
  for (const id of ids) {
    const verification = await verifyCheckpoint(storage, id, verified)
    // A running job may have given it up meanwhile, and its files with it.
    const isGone = verification.problems.some(({ code }) => code === 'FILE_NOT_FOUND')
    if (isGone && !(await isThere(storage, id))) continue
    verifications.push(verification)
  }
  return verifications
}

async function isThere(storage: StoredJob['storage'], checkpointId: number): Promise<boolean> {
  return (await storage.list('')).some((name) => checkpointIdOfMetadata(name) === checkpointId)
}

function verifiedCheckpoint(
  { jobId }: StoredJob,
  { checkpointId, fileCount, sizeBytes, problems }: CheckpointVerification,
): VerifiedCheckpoint {
  return { jobId, checkpointId, fileCount, sizeBytes, problems }
}

function printResult({
  jobId,
  checkpointId,
  fileCount,
  sizeBytes,
  problems,
}: VerifiedCheckpoint): void {
  const name = `Checkpoint ${checkpointId} of job ${jobId}`
  if (problems.length === 0) {
    print(`${name} is whole: ${formatQuantity(fileCount, 'file')}, ${formatBytes(sizeBytes)}.`)
    return
  }
  print(`${name} cannot be restored, ${formatQuantity(problems.length, 'file')} of it damaged:`)
  for (const { code, message } of problems) print(`  ${code}: ${message}`)
}
