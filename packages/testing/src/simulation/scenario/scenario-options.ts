import { type Random, randomBelow, s3StorageDefaults } from '@millrace/core'
import { jobManagerOptionsDefault } from '@millrace/jobmanager'
import { sessionOptionsDefault } from '@millrace/rpc'
import type { ClusterOptions } from '../cluster/simulated-cluster.ts'
import { pick } from '../jobs/simulated-job.ts'
import { type FaultKind, faultKinds } from './fault-kind.ts'

/** Everything that a seed decides before anything runs. */
export interface ScenarioOptions {
  readonly cluster: ClusterOptions
  readonly jobCount: number
  /** Faults happen for so long, so long apart on average. */
  readonly faultsMs: number
  readonly faultPauseMs: number
  readonly faultKinds: readonly FaultKind[]
}

export const apiVersion = '0.1.0'

/** Draws a scenario: small clusters, some calm, some wild. */
export function randomScenario(random: Random): ScenarioOptions {
  const kindCount = randomBelow(random, 5)
  return {
    cluster: randomCluster(random),
    jobCount: 1 + randomBelow(random, 5),
    faultsMs: 5000 + randomBelow(random, 40_000),
    faultPauseMs: 500 + randomBelow(random, 8000),
    faultKinds: Array.from({ length: kindCount }, () => pick(random, faultKinds)),
  }
}

/** Slots of the whole cluster. */
export function slotCountOf({ taskManagerCount, taskManager }: ClusterOptions): number {
  return taskManagerCount * taskManager.slotCount
}

function randomCluster(random: Random): ClusterOptions {
  const isQuick = randomBelow(random, 3) === 0
  const frameSizeBytes = pick(random, [512, 2048, 32_768])
  return {
    taskManagerCount: 1 + randomBelow(random, 4),
    links: {
      delayMsMax: pick(random, [0.5, 2, 30]),
      spikeProbability: pick(random, [0, 0.01]),
      spikeMsMax: 500,
    },
    session: {
      ...sessionOptionsDefault,
      heartbeatIntervalMs: isQuick ? 200 : 1000,
      heartbeatTimeoutMs: isQuick ? 1500 : 5000,
    },
    jobManager: {
      ...jobManagerOptionsDefault,
      version: apiVersion,
      apiVersion,
    },
    taskManager: {
      slotCount: 1 + randomBelow(random, 3),
      heapLimitBytes: 0,
      slot: {
        bindHost: 'localhost',
        advertisedHost: 'localhost',
        frameSizeBytes,
        creditsPerChannel: 1 + randomBelow(random, 4),
        bufferTimeoutMs: pick(random, [0, 5, 5, 100]),
        recordSizeMaxBytes: 64 * 1024,
        overdraftMaxBytes: 64 * 1024,
        partitionRequestTimeoutMs: 10_000,
        s3: s3StorageDefaults,
        metricsIntervalMs: 1000,
        freezeRecords: randomBelow(random, 2) === 0,
        stateDirectory: '/state',
        localBackupDirectory: '/local-backup',
      },
      bundles: { directory: '/var/bundles', sizeBytesMax: 1024 * 1024 },
      cancellationTimeoutMs: 5000,
      terminationTimeoutMs: 2000,
      shutdownTimeoutMs: 5000,
    },
  }
}
