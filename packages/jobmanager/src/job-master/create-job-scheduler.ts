import type { JobId, Random } from '@millrace/core'
import {
  type Configuration,
  checkpointingLocalBackupEnabled,
  parallelismMin,
  slotRequestTimeout,
  taskCancellationTimeout,
  taskDeploymentTimeout,
} from '@millrace/core/config'
import { checkpointOptions } from '../checkpoint/checkpoint-options.ts'
import type { RestoredCheckpoints } from '../checkpoint/executor/job-checkpoint-log.ts'
import { ExecutionGraph } from '../execution-graph/execution-graph.ts'
import { configuredRestartStrategy } from '../failover/restart-strategy-configuration.ts'
import { JobScheduler } from '../scheduler/job-scheduler.ts'
import type { BuiltGraph } from './job-host.ts'

/**
 * The TaskManager ends a thread that does not cancel by itself and knows best why; the JobMaster
 * steps in only where it did not.
 */
const taskManagerGraceMs = 5_000

/** A scheduler for the graph, bounded as the job's configuration says. */
export function createJobScheduler(
  jobId: JobId,
  { graph, coordinated }: BuiltGraph,
  configuration: Configuration,
  restored: RestoredCheckpoints,
  random: Random,
): JobScheduler {
  return new JobScheduler(
    jobId,
    new ExecutionGraph(graph, random),
    coordinated,
    configuredRestartStrategy(configuration, random),
    {
      slotRequestTimeoutMs: configuration.get(slotRequestTimeout),
      taskCancellationTimeoutMs: configuration.get(taskCancellationTimeout) + taskManagerGraceMs,
      taskDeploymentTimeoutMs: configuration.get(taskDeploymentTimeout),
      mayRunSmaller: configuration.get(parallelismMin) !== undefined,
      awaitsFormerSlots: configuration.get(checkpointingLocalBackupEnabled),
      checkpoints: checkpointOptions(configuration),
      restored,
    },
  )
}
