import type {
  AllocationId,
  CheckpointReport,
  ErrorInfo,
  JobId,
  JobInformation,
  TaskExecutionState,
  TaskManagerId,
  TaskManagerMessage,
  TaskMetrics,
} from '@millrace/core'
import type { TaskExecutorGateway } from '@millrace/rpc'
import type { AllocatedSlot } from './allocated-slot.ts'

/** Slots a job wants to hold in all, those it has included. */
export interface SlotRequirement {
  readonly slotCount: number
  /** TaskManagers the missing slots were on, once for each slot; preferred if they have room. */
  readonly formerTaskManagers: readonly TaskManagerId[]
}

/** What the cluster has, for messages to users. */
export interface SlotSummary {
  readonly taskManagerCount: number
  readonly slotCount: number
  readonly freeSlotCount: number
}

/** What a JobMaster asks of the ResourceManager. */
export interface SlotProvider {
  /** Jobs are served in the order they are registered in. */
  registerJob(owner: SlotOwner): void
  /** Slots are offered until the job holds as many; the requirement stays until it is replaced. */
  declareRequirement(jobId: JobId, requirement: SlotRequirement): void
  /** Ends a lease; a requirement above what is then held leads to a new offer. */
  releaseSlot(allocationId: AllocationId): void
  /** Ends the thread of a slot with all its tasks; that the slot is lost follows. */
  terminateSlot(allocationId: AllocationId): void
  /** Ends all leases and tells the TaskManagers the job used that it is over. */
  removeJob(jobId: JobId): void
  /** undefined where the TaskManager is gone; its slots were, or are about to be, reported lost. */
  taskExecutor(taskManagerId: TaskManagerId): TaskExecutorGateway | undefined
  slotSummary(): SlotSummary
}

/** A job as the ResourceManager sees it. Calls never re-enter one another. */
export interface SlotOwner {
  /** What the job's slots are told; complete when the job declares its first requirement. */
  readonly jobInformation: JobInformation
  onSlotOffered(slot: AllocatedSlot): void
  /** These leases ended at one stroke, with all the tasks in them. */
  onSlotsLost(allocationIds: readonly AllocationId[], failure: ErrorInfo): void
  onTaskExecutionState(state: TaskExecutionState): void
  onMetricsReport(tasks: readonly TaskMetrics[]): void
  onCheckpointReport(report: CheckpointReport): void
  onOperatorEvent(message: Extract<TaskManagerMessage, { kind: 'operator-event' }>): void
}
