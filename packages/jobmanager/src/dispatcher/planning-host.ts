import type { Logger } from '@millrace/core'
import type { JobManagerEnvironment, JobManagerOptions } from '../job-manager-options.ts'
import { type BuiltGraph, JobHost } from '../job-master/job-host.ts'
import { type JobMasterRequest, jobConfiguration } from '../job-master/job-master-request.ts'

/** A job host that looks at a program and runs nothing, with what the program was built to. */
export interface PlanningHost {
  readonly built: BuiltGraph
  describeStates: JobHost['describeStates']
}

/** Builds a job's graph in a thread of its own, which is ended when `use` is done. */
export async function withPlanningHost<Result>(
  { clock, threadHost }: Pick<JobManagerEnvironment, 'clock' | 'threadHost'>,
  options: JobManagerOptions,
  logger: Logger,
  request: Pick<JobMasterRequest, 'moduleUrl' | 'args' | 'submissionConfig'>,
  use: (host: PlanningHost) => Promise<Result> | Result,
): Promise<Result> {
  const limits = {
    heapLimitBytes: options.jobHostHeapLimitBytes,
    buildTimeoutMs: options.jobHostBuildTimeoutMs,
  }
  const jobHost = new JobHost(clock, threadHost, limits, {
    onOperatorEvent: () => {},
    onCoordinatorsSnapshotted: () => {},
    onCoordinatorFailed: () => {},
    onLog: ({ level, event, fields }) => logger[level === 'trace' ? 'debug' : level](event, fields),
    onLost: () => {},
  })
  try {
    const { moduleUrl, args } = request
    const config = jobConfiguration(options.clusterConfig, {}, request).toRecord()
    const built = await jobHost.buildGraph({ moduleUrl, args, config })
    return await use({ built, describeStates: () => jobHost.describeStates() })
  } finally {
    jobHost.terminate()
  }
}
