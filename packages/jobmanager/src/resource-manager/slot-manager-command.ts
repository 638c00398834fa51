import type { AllocationId, ErrorInfo, JobId, TaskManagerId } from '@millrace/core'
import type { AllocatedSlot } from './allocated-slot.ts'

/** What a SlotManager wants done, in order. */
export type SlotManagerCommand =
  | {
      readonly kind: 'allocate-slot'
      readonly taskManagerId: TaskManagerId
      readonly slotIndex: number
      readonly incarnation: number
      readonly allocationId: AllocationId
      readonly jobId: JobId
    }
  | {
      readonly kind: 'free-slot'
      readonly taskManagerId: TaskManagerId
      readonly allocationId: AllocationId
    }
  | { readonly kind: 'offer-slot'; readonly jobId: JobId; readonly slot: AllocatedSlot }
  | {
      readonly kind: 'slots-lost'
      readonly jobId: JobId
      readonly allocationIds: readonly AllocationId[]
      readonly failure: ErrorInfo
    }
  /** The job holds nothing any more; these registered TaskManagers worked for it. */
  | {
      readonly kind: 'job-removed'
      readonly jobId: JobId
      readonly taskManagerIds: readonly TaskManagerId[]
    }
