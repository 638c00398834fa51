import type { JobId } from '@millrace/core'
import type { DispatcherGateway } from '@millrace/rpc'
import type { Argv } from 'yargs'
import { withDispatcher } from '../client/dispatcher-connection.ts'
import { findJobId, parseTypedJobId } from '../client/job-id-prefix.ts'
import {
  type ClientArguments,
  clientOptions,
  jobManagerEntries,
  loadCommandConfiguration,
} from './configuration-arguments.ts'
import { type OutputArguments, outputOptions } from './output-arguments.ts'

/** What a command about one job of a cluster is told. */
export interface JobCommandArguments extends ClientArguments, OutputArguments {
  readonly job: string
}

export function jobCommandOptions<T>(yargs: Argv<T>): Argv<T & JobCommandArguments> {
  return clientOptions(outputOptions(yargs)).positional('job', {
    type: 'string',
    demandOption: true,
    describe: 'Id of the job, or how it begins',
  })
}

/** Asks the JobManager that the arguments name, about the job that they mean. */
export async function withJob<Result>(
  args: JobCommandArguments,
  ask: (gateway: DispatcherGateway, jobId: JobId) => Promise<Result>,
): Promise<Result> {
  const typed = parseTypedJobId(args.job)
  const entries = jobManagerEntries(args.jobmanager)
  const { configuration } = await loadCommandConfiguration(args, entries)
  return withDispatcher(configuration, async (gateway) =>
    ask(gateway, await findJobId(gateway, typed)),
  )
}
