import {
  type JobArguments,
  type JobGraph,
  type JobId,
  MillraceError,
  type RestorePlan,
} from '@millrace/core'
import { type Configuration, configOptionNamed } from '@millrace/core/config'
import type { DispatcherGateway, JobSubmission } from '@millrace/rpc'
import type { JobBundle } from '../bundle/job-bundle.ts'

const chunkBytes = 256 * 1024

/** A job module as the command line has it. */
export interface JobProgram {
  readonly bundle: JobBundle
  readonly args: JobArguments
  /** Settings given for this one job: they win over what the program sets. */
  readonly config: Readonly<Record<string, string>>
}

/** Uploads the bundle unless it is there already, and submits. */
export async function submitProgram(
  gateway: DispatcherGateway,
  program: JobProgram,
): Promise<JobId> {
  return gateway.submitJob(await upload(gateway, program))
}

/** The job's graph, without running it. */
export async function planProgram(
  gateway: DispatcherGateway,
  program: JobProgram,
): Promise<JobGraph> {
  return gateway.planJob(await upload(gateway, program))
}

/** What would become of the savepoint that the program is to begin with. */
export async function planRestore(
  gateway: DispatcherGateway,
  program: JobProgram,
): Promise<RestorePlan> {
  return gateway.planRestore(await upload(gateway, program))
}

/**
 * The settings of one job among `flags`. Where the cluster runs already, a setting that is read
 * when its processes start is refused: it would do nothing.
 */
export function jobConfigOf(
  flags: Configuration,
  { isLocal }: { readonly isLocal: boolean },
): Readonly<Record<string, string>> {
  for (const key of Object.keys(flags.toRecord())) {
    const scope = configOptionNamed(key)?.scope
    const isForJob = scope === 'job' || key.startsWith('jobmanager.rpc.')
    if (!isLocal && !isForJob) throw notForJobs(key)
  }
  return flags.toRecord('job')
}

async function upload(gateway: DispatcherGateway, program: JobProgram): Promise<JobSubmission> {
  const { bytes, hash, sizeBytes, apiVersion } = program.bundle
  const bundle = { hash, sizeBytes }
  if (!(await gateway.hasBundle(hash))) await gateway.uploadBundle(bundle, chunksOf(bytes))
  return { bundle, apiVersion, args: program.args, config: program.config }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    yield bytes.subarray(start, start + chunkBytes)
  }
}

function notForJobs(key: string): MillraceError {
  return new MillraceError(
    'ARGUMENT_INVALID',
    `${key} is read when a process of the cluster starts, a job cannot set it. Give it to ` +
      '`millrace cluster start`, `jobmanager` or `taskmanager`, or run the job with --local.',
    { blame: 'user', disposition: 'reject-request', details: { key } },
  )
}
