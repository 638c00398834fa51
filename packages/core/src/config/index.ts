// Reading and checking

// Options: checkpoints and state
export {
  type CheckpointingMode,
  type CheckpointRetention,
  checkpointingAlignedTimeout,
  checkpointingDataInlineThreshold,
  checkpointingDirectory,
  checkpointingInterval,
  checkpointingLocalBackupDirectory,
  checkpointingLocalBackupEnabled,
  checkpointingMaxConcurrentCheckpoints,
  checkpointingMaxReplay,
  checkpointingMinPause,
  checkpointingMode,
  checkpointingNumRetained,
  checkpointingRetention,
  checkpointingSavepointDirectory,
  checkpointingTimeout,
  checkpointingTolerableFailedCheckpoints,
  checkpointingUnaligned,
  stateBackendLevelDbBlockCacheSize,
  stateBackendLevelDbObjectCacheSize,
  stateBackendLevelDbWriteBufferSize,
  stateBackendType,
} from './checkpoint-options.ts'
// Options: cluster
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
  taskCancellationTimeout,
} from './cluster-options.ts'
export type { ConfigOption, ConfigScope } from './config-option.ts'
export { configOptionNamed, configOptions, environmentVariableOf } from './config-options.ts'
export { type ConfigEntry, Configuration } from './configuration.ts'
export { formatDurationMs, parseDurationMs } from './duration.ts'
export { editDistance, nearest } from './edit-distance.ts'
// Options: high availability
export {
  highAvailabilityClusterId,
  highAvailabilityStorageDir,
  highAvailabilityType,
} from './high-availability-options.ts'
// Options: job
export {
  parallelismDefault,
  parallelismMin,
  parallelismOverride,
  pipelineOperatorChainingEnabled,
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
  taskDeploymentTimeout,
} from './job-options.ts'
// Options: jobmanager
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
// Options: object storage
export {
  s3AccessKey,
  s3ConnectionMax,
  s3ConnectionTimeout,
  s3Endpoint,
  s3PathStyleAccess,
  s3Region,
  s3RequestTimeout,
  s3RetryMaxNumRetries,
  s3SecretKey,
  s3SocketTimeout,
  s3UploadMaxConcurrentUploads,
  s3UploadPartSize,
} from './s3-options.ts'
// Options: state recovery
export {
  type ClaimMode,
  stateRecoveryClaimMode,
  stateRecoveryDropState,
  stateRecoveryPath,
} from './state-recovery-options.ts'
// Options: taskmanager
export {
  executionBufferTimeout,
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
