// Reading and checking

export {
  blobStorageDirectory,
  blobStorageSizeMax,
  heartbeatInterval,
  heartbeatTimeout,
  ioTmpDirs,
  jobManagerRpcAddress,
  jobManagerRpcPort,
  logFormat,
  logLevel,
  logLinesKept,
} from './cluster-options.ts'
// Options
export type { ConfigOption, ConfigScope } from './config-option.ts'
export { configOptionNamed, configOptions, environmentVariableOf } from './config-options.ts'
export { type ConfigEntry, Configuration } from './configuration.ts'
export { formatDurationMs, parseDurationMs } from './duration.ts'
export { editDistance, nearest } from './edit-distance.ts'
export {
  executionBufferTimeout,
  parallelismDefault,
  restartStrategyExponentialDelayAttempts,
  restartStrategyExponentialDelayBackoffMultiplier,
  restartStrategyExponentialDelayInitialBackoff,
  restartStrategyExponentialDelayJitterFactor,
  restartStrategyExponentialDelayMaxBackoff,
  restartStrategyExponentialDelayResetThreshold,
  restartStrategyFailureRateDelay,
  restartStrategyFailureRateInterval,
  restartStrategyFailureRateMaxFailures,
  restartStrategyFixedDelayAttempts,
  restartStrategyFixedDelayDelay,
  restartStrategyType,
  slotRequestTimeout,
  taskCancellationTimeout,
} from './job-options.ts'
export {
  jobManagerBindHost,
  jobManagerJobHostBuildTimeout,
  jobManagerJobHostHeapSize,
  jobStoreMaxCapacity,
} from './jobmanager-options.ts'
export {
  type ConfigurationSources,
  loadConfiguration,
  parseSetFlag,
  reservedVariables,
} from './load-configuration.ts'
export { formatMemorySizeBytes, parseMemorySizeBytes } from './memory-size.ts'
export { renderConfigurationDocs } from './render-configuration-docs.ts'
export {
  taskManagerBindHost,
  taskManagerDataPort,
  taskManagerHost,
  taskManagerMetricsInterval,
  taskManagerNetworkCreditsPerChannel,
  taskManagerNetworkFrameSize,
  taskManagerNetworkOverdraftSizeMax,
  taskManagerNetworkPartitionRequestTimeout,
  taskManagerNetworkRecordSizeMax,
  taskManagerNumberOfTaskSlots,
  taskManagerSlotHeapSize,
} from './taskmanager-options.ts'
