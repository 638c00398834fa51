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
  /**
   * What the job had in place of the missing ones. These are preferred, then others of the same
   * TaskManagers: the local copies of the state are there.
   */
  readonly formerSlots: readonly Pick<AllocatedSlot, 'taskManagerId' | 'slotIndex'>[]
  /**
   * Of these, any that gets a new thread is waited for, as long as its TaskManager is there: rather
   * late there than at once on another one.
   */
  readonly awaitsFormerSlots: boolean
}

/** What the cluster has, for messages to users. */
export interface SlotSummary {
  readonly taskManagerCount: number
  readonly slotCount: number
  readonly freeSlotCount: number
  /** Those that will be free in a moment: their threads are being replaced. */
  readonly startingSlotCount: number
}

/** What a JobMaster asks of the ResourceManager. */
export interface SlotProvider {
  /** Jobs are served in the order they are registered in. */
  registerJob(owner: SlotOwner): void
  /** Slots are offered until the job holds as many; the requirement stays until it is replaced. */
  declareRequirement(jobId: JobId, requirement: SlotRequirement): void
  /** What the job's slots are told has changed: those it has are told anew, in order with tasks. */
  updateJob(jobId: JobId): void
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
