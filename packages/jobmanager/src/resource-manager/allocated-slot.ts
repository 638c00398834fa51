import type { AllocationId, DataAddress, TaskManagerId } from '@millrace/core'

/** A slot leased to a job, confirmed by its TaskManager: tasks may be submitted to it. */
export interface AllocatedSlot {
  readonly allocationId: AllocationId
  readonly taskManagerId: TaskManagerId
  readonly slotIndex: number
  readonly dataAddress: DataAddress
}
