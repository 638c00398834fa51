import { type JobId, type JobStateOptions, MillraceError } from '@millrace/core'
import {
  type CheckpointRetention,
  type Configuration,
  checkpointingAlignedTimeout,
  checkpointingDataInlineThreshold,
  checkpointingDirectory,
  checkpointingInterval,
  checkpointingLocalBackupEnabled,
  checkpointingMaxConcurrentCheckpoints,
  checkpointingMaxReplay,
  checkpointingMinPause,
  checkpointingMode,
  checkpointingNumRetained,
  checkpointingRetention,
  checkpointingTimeout,
  checkpointingTolerableFailedCheckpoints,
  checkpointingUnaligned,
  formatDurationMs,
  stateBackendLevelDbBlockCacheSize,
  stateBackendLevelDbObjectCacheSize,
  stateBackendLevelDbWriteBufferSize,
  stateBackendType,
  stateRecoveryPath,
} from '@millrace/core/config'
import { isAbsoluteLocation } from './executor/absolute-location.ts'

/** When a job's checkpoints are taken, and which are kept. */
export interface CheckpointOptions {
  readonly intervalMs: number | 'auto'
  /** Where the interval is `auto`: what it and a checkpoint take together, at most. */
  readonly maxReplayMs: number
  readonly timeoutMs: number
  readonly minPauseMs: number
  readonly maxConcurrentCheckpoints: number
  /** In a row; undefined: any number. */
  readonly tolerableFailedCheckpoints: number | undefined
  readonly numRetained: number
  readonly retention: CheckpointRetention
}

/** Of a job that has a savepoint to go back to, and takes no checkpoints by itself: 100 years. */
const neverMs = 100 * 365 * 86_400_000

/** undefined: the job takes no checkpoints. */
export function checkpointOptions(configuration: Configuration): CheckpointOptions | undefined {
  const isRestored = configuration.get(stateRecoveryPath) !== undefined
  const intervalMs = configuration.get(checkpointingInterval) || (isRestored ? neverMs : undefined)
  if (intervalMs === undefined) return undefined
  const minPauseMs = configuration.get(checkpointingMinPause)
  return {
    intervalMs,
    maxReplayMs: configuration.get(checkpointingMaxReplay),
    timeoutMs: configuration.get(checkpointingTimeout),
    minPauseMs,
    // A pause between two that overlap would mean nothing, and of two that overtake the later one
    // would take the records of the other.
    maxConcurrentCheckpoints:
      minPauseMs > 0 || configuration.get(checkpointingUnaligned)
        ? 1
        : configuration.get(checkpointingMaxConcurrentCheckpoints),
    tolerableFailedCheckpoints: configuration.get(checkpointingTolerableFailedCheckpoints),
    numRetained: configuration.get(checkpointingNumRetained),
    retention: configuration.get(checkpointingRetention),
  }
}

/**
 * How the job's tasks keep and save their state. Where checkpoints are asked for it throws
 * CHECKPOINT_DIRECTORY_MISSING if there is no place for them, and CONFIG_VALUE_INVALID if that is
 * not the same place for every process.
 */
export function jobStateOptions(jobId: JobId, configuration: Configuration): JobStateOptions {
  return {
    backend: configuration.get(stateBackendType),
    checkpointing: jobCheckpointing(jobId, configuration),
    leveldb: {
      objectCacheSizeBytes: configuration.get(stateBackendLevelDbObjectCacheSize),
      blockCacheSizeBytes: configuration.get(stateBackendLevelDbBlockCacheSize),
      writeBufferSizeBytes: configuration.get(stateBackendLevelDbWriteBufferSize),
    },
  }
}

function jobCheckpointing(
  jobId: JobId,
  configuration: Configuration,
): JobStateOptions['checkpointing'] {
  const options = checkpointOptions(configuration)
  if (options === undefined) return undefined
  const mode = configuration.get(checkpointingMode)
  const isUnaligned = configuration.get(checkpointingUnaligned)
  if (isUnaligned && mode !== 'EXACTLY_ONCE') throw unalignedRefused(mode)
  const directory = configuration.get(checkpointingDirectory)
  if (directory === undefined) throw directoryMissing(options.intervalMs)
  if (!isAbsoluteLocation(directory)) throw directoryRelative(directory)
  return {
    mode,
    directory: `${directory.replace(/\/+$/, '')}/${jobId}`,
    inlineSizeMaxBytes: configuration.get(checkpointingDataInlineThreshold),
    isUnaligned,
    alignedTimeoutMs: configuration.get(checkpointingAlignedTimeout),
    isBackedUpLocally: configuration.get(checkpointingLocalBackupEnabled),
  }
}

function directoryRelative(directory: string): MillraceError {
  const { key } = checkpointingDirectory
  return new MillraceError(
    'CONFIG_VALUE_INVALID',
    `${key} is '${directory}', which is no absolute path. All processes of the cluster must find ` +
      'the same directory there, wherever they were started: write it as /path/to/checkpoints, ' +
      'or s3://bucket/prefix.',
    { blame: 'user', disposition: 'reject-request', details: { key, directory } },
  )
}

function unalignedRefused(mode: string): MillraceError {
  const { key } = checkpointingUnaligned
  return new MillraceError(
    'CONFIG_VALUE_INVALID',
    `${key} is set, and ${checkpointingMode.key} is '${mode}'. Barriers overtake records only ` +
      'with EXACTLY_ONCE: leave one of the two out.',
    { blame: 'user', disposition: 'reject-request', details: { key, mode } },
  )
}

function directoryMissing(intervalMs: number | 'auto'): MillraceError {
  const { key } = checkpointingDirectory
  const asked =
    intervalMs === 'auto' ? 'checkpoints' : `a checkpoint every ${formatDurationMs(intervalMs)}`
  const what =
    intervalMs === neverMs
      ? `The job begins with a savepoint (${stateRecoveryPath.key}), which needs a place of its own`
      : `The job asks for ${asked} (${checkpointingInterval.key}), but there is no place for them`
  return new MillraceError(
    'CHECKPOINT_DIRECTORY_MISSING',
    `${what}: set ${key} to a ` +
      'directory that all processes of the cluster share, in the configuration of the ' +
      'JobManager or with --set.',
    { blame: 'user', disposition: 'reject-request', details: { key } },
  )
}
