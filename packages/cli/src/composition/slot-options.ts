import type { SlotOptions } from '@millrace/core'
import {
  type Configuration,
  executionBufferTimeout,
  taskManagerBindHost,
  taskManagerMetricsInterval,
  taskManagerNetworkCreditsPerChannel,
  taskManagerNetworkFrameSize,
  taskManagerNetworkOverdraftSizeMax,
  taskManagerNetworkPartitionRequestTimeout,
  taskManagerNetworkRecordSizeMax,
} from '@millrace/core/config'
import { s3StorageOptions } from './s3-storage-options.ts'

/** What slot threads are started with. */
export function slotOptions(
  configuration: Configuration,
  rest: Pick<
    SlotOptions,
    'advertisedHost' | 'freezeRecords' | 'stateDirectory' | 'localBackupDirectory'
  >,
): SlotOptions {
  return {
    ...rest,
    bindHost: configuration.get(taskManagerBindHost),
    frameSizeBytes: configuration.get(taskManagerNetworkFrameSize),
    creditsPerChannel: configuration.get(taskManagerNetworkCreditsPerChannel),
    bufferTimeoutMs: configuration.get(executionBufferTimeout),
    recordSizeMaxBytes: configuration.get(taskManagerNetworkRecordSizeMax),
    overdraftMaxBytes: configuration.get(taskManagerNetworkOverdraftSizeMax),
    partitionRequestTimeoutMs: configuration.get(taskManagerNetworkPartitionRequestTimeout),
    metricsIntervalMs: configuration.get(taskManagerMetricsInterval),
    s3: s3StorageOptions(configuration),
  }
}
