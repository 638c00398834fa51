import type { CheckpointCommand, CheckpointReport } from '../checkpoint/checkpoint-message.ts'
import type { DataAddress } from '../environment/data-transport.ts'
import type { LogFields, LogLevel } from '../environment/logger.ts'
import type { S3StorageOptions } from '../environment/s3-storage-options.ts'
import type { ErrorInfo } from '../errors.ts'
import type { ExecutionAttemptId, JobVertexId, OperatorId } from '../ids.ts'
import type { JobInformation } from './job-information.ts'
import type { TaskDeployment } from './task-deployment.ts'
import type { TaskExecutionState, TaskMetrics } from './task-execution-state.ts'

/** Bounds of a slot, from the configuration. */
export interface SlotOptions {
  /** Host the data port binds to and is announced as. */
  readonly bindHost: string
  readonly advertisedHost: string
  readonly frameSizeBytes: number
  /** Frames a receiver grants each channel. */
  readonly creditsPerChannel: number
  /**
   * Longest wait of a record in a frame that is not full. 0: every record leaves at once; -1: only
   * full frames.
   */
  readonly bufferTimeoutMs: number
  readonly recordSizeMaxBytes: number
  /** What one record may write beyond the available frames. */
  readonly overdraftMaxBytes: number
  /** How long a receiver waits for a producer that is not deployed yet. */
  readonly partitionRequestTimeoutMs: number
  readonly metricsIntervalMs: number
  /** Freeze every record handed to another operator of the same thread (--local, tests). */
  readonly freezeRecords: boolean
  /** Directory of this TaskManager process for state that does not fit into memory. */
  readonly stateDirectory: string
  /** Directory of this TaskManager process for local copies of checkpointed state. */
  readonly localBackupDirectory: string
  /** For jobs whose checkpoints lie in object storage. */
  readonly s3: S3StorageOptions
}

/** TaskExecutor → slot thread. */
export type SlotCommand =
  /**
   * Import the bundle and build the graph ahead of the first task. `moduleUrl`: of the cached
   * bundle.
   */
  | { readonly kind: 'prepare'; readonly job: JobInformation; readonly moduleUrl: string }
  | { readonly kind: 'submit-task'; readonly deployment: TaskDeployment }
  | { readonly kind: 'cancel-task'; readonly attemptId: ExecutionAttemptId }
  | {
      readonly kind: 'operator-event'
      readonly attemptId: ExecutionAttemptId
      readonly operatorId: OperatorId
      readonly event: Uint8Array
    }
  /** `attemptIds`: tasks of this slot only. In order with operator events. */
  | CheckpointCommand

/** Slot thread → TaskExecutor. */
export type SlotEvent =
  | { readonly kind: 'ready'; readonly dataAddress: DataAddress }
  /** The bundle could not be prepared; submitted tasks fail with the same error. */
  | { readonly kind: 'prepare-failed'; readonly failure: ErrorInfo }
  | { readonly kind: 'task-execution-state'; readonly state: TaskExecutionState }
  | { readonly kind: 'metrics-report'; readonly tasks: readonly TaskMetrics[] }
  | {
      readonly kind: 'operator-event'
      readonly attemptId: ExecutionAttemptId
      readonly vertexId: JobVertexId
      readonly subtaskIndex: number
      readonly operatorId: OperatorId
      readonly event: Uint8Array
    }
  | CheckpointReport
  | {
      readonly kind: 'log'
      readonly level: LogLevel
      readonly event: string
      readonly fields: LogFields
    }
