import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type CheckpointStorage, JobId, MillraceError } from '@millrace/core'
import { type Configuration, checkpointingDirectory } from '@millrace/core/config'
import { CheckpointStorages, parseS3Location } from '@millrace/state'
import { NodeFileSystem } from '@millrace/state/node-file-system'
import type { Argv } from 'yargs'
import { ClusterDirectory } from '../cluster/cluster-directory.ts'
import {
  type ConfigurationArguments,
  configurationOptions,
  loadCommandConfiguration,
  optionEntry,
} from '../commands/configuration-arguments.ts'
import { type OutputArguments, outputOptions } from '../commands/output-arguments.ts'
import { s3StorageOptions } from '../composition/s3-storage-options.ts'
import { SystemClock } from '../io/system-clock.ts'
import { SystemRandom } from '../io/system-random.ts'
import { usageError } from '../terminal/failure-report.ts'
import { matchJobId, parseTypedJobId } from './job-id-prefix.ts'

/** A job of which there are files in the directory of checkpoints. */
export interface StoredJob {
  readonly jobId: JobId
  readonly storage: CheckpointStorage
}

export interface StoredJobsArguments extends ConfigurationArguments, OutputArguments {
  readonly job: string | undefined
  readonly dir: string | undefined
}

/** What all commands about checkpoints take: they read files and need no cluster. */
export function storedJobsOptions<T>(yargs: Argv<T>): Argv<T & StoredJobsArguments> {
  return configurationOptions(outputOptions(yargs))
    .positional('job', {
      type: 'string',
      describe: 'Id of a job, or how it begins; without it, all jobs in the directory',
    })
    .option('dir', {
      type: 'string',
      requiresArg: true,
      describe:
        'Directory of checkpoints, or of one job in it, such as s3://bucket/prefix ' +
        '(execution.checkpointing.dir, else that of the local cluster)',
    }) as Argv<T & StoredJobsArguments>
}

export interface StoredJobs {
  /** Where they were looked for. */
  readonly directory: string
  readonly jobs: readonly StoredJob[]
}

/** Throws JOB_NOT_FOUND or FILE_NOT_FOUND where nothing of what was named is there. */
export async function storedJobs(args: StoredJobsArguments): Promise<StoredJobs> {
  const typed =
    args.job === undefined ? undefined : parseTypedJobId(args.job, 'millrace checkpoint list')
  const { directory, configuration } = await directoryOf(args)
  const isPath = parseS3Location(directory) === undefined
  // What is configured is made with the first checkpoint; what was typed is there.
  if (args.dir !== undefined && isPath && !existsSync(directory)) throw noDirectory(directory)
  const storages = new CheckpointStorages({
    clock: new SystemClock(),
    random: new SystemRandom(),
    fileSystem: new NodeFileSystem(),
    s3: s3StorageOptions(configuration),
  })
  const ofOneJob = JobId.is(basename(directory)) ? basename(directory) : undefined
  const root = ofOneJob === undefined ? directory : dirname(directory)
  const names = ofOneJob === undefined ? await storages.foldersIn(root) : [ofOneJob]
  const all = names
    .filter((name) => JobId.is(name))
    .map((name) => JobId.parse(name))
    .sort()
  const wanted = typed === undefined ? undefined : matchJobId(typed, all)
  if (typed !== undefined && wanted === undefined) throw nothingOf(typed.text, directory)
  const jobIds = wanted === undefined ? all : [wanted]
  const jobs = jobIds.map((jobId) => ({ jobId, storage: storages.open(`${root}/${jobId}`) }))
  return { directory, jobs }
}

/** `--dir`, else what is configured, else that of the local cluster, or of the one before. */
async function directoryOf(args: StoredJobsArguments): Promise<{
  readonly directory: string
  readonly configuration: Configuration
}> {
  const { key } = checkpointingDirectory
  const { configuration } = await loadCommandConfiguration(
    args,
    optionEntry('--dir', key, args.dir),
  )
  const configured = configuration.get(checkpointingDirectory)
  if (configured !== undefined) return { directory: absolute(configured), configuration }
  const cluster = ClusterDirectory.of(undefined)
  const ofRunning = cluster.read()?.checkpointPath
  if (ofRunning !== undefined) return { directory: ofRunning, configuration }
  const { checkpointPath } = cluster
  if (existsSync(checkpointPath)) return { directory: checkpointPath, configuration }
  throw usageError(`Say with --dir where the checkpoints are, or set ${key}.`)
}

function absolute(directory: string): string {
  const isPath = parseS3Location(directory) === undefined
  return isPath ? resolve(directory) : directory.replace(/\/+$/, '')
}

function noDirectory(directory: string): MillraceError {
  return new MillraceError(
    'FILE_NOT_FOUND',
    `There is no directory ${directory}. Give with --dir the directory of checkpoints ` +
      `(${checkpointingDirectory.key}) on this machine, or that of one job in it.`,
    { blame: 'user', disposition: 'reject-request', details: { directory } },
  )
}

function nothingOf(jobId: string, directory: string): MillraceError {
  return new MillraceError(
    'JOB_NOT_FOUND',
    `There is nothing of job ${jobId} in ${directory}. \`millrace checkpoint list\` shows what ` +
      'there is; --dir names another directory.',
    { blame: 'user', disposition: 'reject-request', details: { jobId, directory } },
  )
}
