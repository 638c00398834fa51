import type {
  AllocationId,
  DataAddress,
  JobId,
  SlotStatus,
  TaskManagerId,
  TransitionTable,
} from '@millrace/core'

/**
 * starting: its thread is not ready. requested: leased, not confirmed. leased: confirmed.
 * returning: the lease was ended, the TaskManager has not reported so.
 */
export type SlotState = 'starting' | 'free' | 'requested' | 'leased' | 'returning'

export const slotTransitions: TransitionTable<SlotState> = {
  starting: ['starting', 'free', 'returning'],
  free: ['starting', 'free', 'requested', 'returning'],
  requested: ['starting', 'free', 'leased', 'returning'],
  leased: ['starting', 'free', 'returning'],
  returning: ['starting', 'free', 'returning'],
}

/** A slot as the SlotManager knows it. */
export interface ManagedSlot {
  readonly taskManager: ManagedTaskManager
  readonly slotIndex: number
  state: SlotState
  incarnation: number
  dataAddress: DataAddress
  /** Set iff requested, leased or returning. */
  allocationId: AllocationId | undefined
  /** Set iff requested or leased. */
  jobId: JobId | undefined
  /** Whether a report showed the lease: it tells later reports from earlier ones. */
  isConfirmed: boolean
}

export interface ManagedTaskManager {
  readonly id: TaskManagerId
  readonly slots: ManagedSlot[]
  isSuspended: boolean
}

/** A slot that its TaskManager reports for the first time. */
export function addSlot(taskManager: ManagedTaskManager, report: SlotStatus): ManagedSlot {
  const slot: ManagedSlot = {
    taskManager,
    slotIndex: report.slotIndex,
    state: 'starting',
    incarnation: report.incarnation,
    dataAddress: report.dataAddress,
    allocationId: undefined,
    jobId: undefined,
    isConfirmed: false,
  }
  taskManager.slots.push(slot)
  return slot
}

/** Those whose threads are not ready yet, or are about to be replaced. */
export function startingSlots({ slots }: ManagedTaskManager): readonly ManagedSlot[] {
  return slots.filter(({ state }) => state === 'starting' || state === 'returning')
}

export function freeSlots({ slots }: ManagedTaskManager): readonly ManagedSlot[] {
  return slots.filter(({ state }) => state === 'free')
}
