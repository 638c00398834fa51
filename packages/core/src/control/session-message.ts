import type { CheckpointCommand, CheckpointReport } from '../checkpoint/checkpoint-message.ts'
import type { DataAddress } from '../environment/data-transport.ts'
import type { AllocationId, ExecutionAttemptId, JobId, JobVertexId, OperatorId } from '../ids.ts'
import type { JobInformation } from './job-information.ts'
import type { TaskDeployment } from './task-deployment.ts'
import type { TaskExecutionState, TaskMetrics } from './task-execution-state.ts'

// What travels on a TaskManager's session, in order, exactly once while the session lives.
// A new session starts from nothing: the TaskManager has ended every task of the old one.

/** A slot as its TaskManager sees it. Sent whenever it changes. */
export interface SlotStatus {
  readonly slotIndex: number
  /** Raised whenever the slot's thread is replaced; a slot is leased at one incarnation. */
  readonly incarnation: number
  /** 'starting': its thread is not ready yet. */
  readonly state: 'starting' | 'free' | 'allocated'
  /** Set iff allocated. */
  readonly allocationId: AllocationId | undefined
  /** Data port of the slot's thread; empty while starting. */
  readonly dataAddress: DataAddress
}

/** JobManager → TaskManager: calls of the TaskExecutor. */
export type TaskExecutorMessage =
  /** Again under the same id: the graph of the job is another one from now on. */
  | {
      readonly kind: 'allocate-slot'
      readonly slotIndex: number
      readonly incarnation: number
      readonly allocationId: AllocationId
      readonly job: JobInformation
    }
  /** The lease ends: tasks left in the slot are canceled, its thread is replaced. */
  | { readonly kind: 'free-slot'; readonly allocationId: AllocationId }
  | { readonly kind: 'submit-task'; readonly deployment: TaskDeployment }
  | { readonly kind: 'cancel-task'; readonly attemptId: ExecutionAttemptId }
  /** From the SplitEnumerator to a SourceReader (or to a sink). */
  | {
      readonly kind: 'operator-event'
      readonly attemptId: ExecutionAttemptId
      readonly operatorId: OperatorId
      readonly event: Uint8Array
    }
  /** Its tasks here, which may lie in several slots. */
  | CheckpointCommand
  /** The job reached its end: its bundle and threads may go. */
  | { readonly kind: 'release-job'; readonly jobId: JobId }
  | { readonly kind: 'request-log'; readonly requestId: number; readonly lineCountMax: number }

/** TaskManager → JobManager: calls of the ResourceManager and of JobMasters. */
export type TaskManagerMessage =
  | { readonly kind: 'slot-report'; readonly slots: readonly SlotStatus[] }
  | { readonly kind: 'task-execution-state'; readonly state: TaskExecutionState }
  | { readonly kind: 'metrics-report'; readonly tasks: readonly TaskMetrics[] }
  /** From a SourceReader (or a sink) to its coordinator in the job host. */
  | {
      readonly kind: 'operator-event'
      readonly jobId: JobId
      readonly vertexId: JobVertexId
      readonly attemptId: ExecutionAttemptId
      readonly subtaskIndex: number
      readonly operatorId: OperatorId
      readonly event: Uint8Array
    }
  | CheckpointReport
  | { readonly kind: 'log'; readonly requestId: number; readonly lines: readonly string[] }
