import {
  type AllocationId,
  assert,
  type DataAddress,
  type SlotStatus,
  type TransitionTable,
  transition,
} from '@millrace/core'

// The slots of one TaskManager, as it reports them. Pure.
//
// Invariants
//  - Every lease of a slot has an incarnation of its own, so a slot is leased once per thread.
//  - Incarnations only grow, by one at each replacement of the thread.
//  - An allocation id names at most one slot.

/** STARTING: no thread of this incarnation is ready. ALLOCATED: leased to a job. */
export type SlotState = 'STARTING' | 'FREE' | 'ALLOCATED'

/** Back to STARTING: the thread ended, or is being ended, and another takes its place. */
export const slotStateTransitions: TransitionTable<SlotState> = {
  STARTING: ['FREE'],
  FREE: ['ALLOCATED', 'STARTING'],
  ALLOCATED: ['STARTING'],
}

/** Why a slot was not leased. 'duplicate': it is leased under this very id already. */
export type AllocationAnswer =
  | 'allocated'
  | 'duplicate'
  | 'unknown-slot'
  | 'other-incarnation'
  | 'not-free'
  | 'allocation-in-use'

interface SlotEntry {
  state: SlotState
  incarnation: number
  allocationId: AllocationId | undefined
  dataAddress: DataAddress
}

export interface AllocationRequest {
  readonly slotIndex: number
  readonly incarnation: number
  readonly allocationId: AllocationId
}

export class SlotTable {
  readonly #slots: readonly SlotEntry[]

  constructor(slotCount: number) {
    assert(slotCount >= 1, `A TaskManager has at least one slot, not ${slotCount}`)
    this.#slots = Array.from({ length: slotCount }, () => ({
      state: 'STARTING' as const,
      incarnation: 1,
      allocationId: undefined,
      dataAddress: '',
    }))
  }

  get slotCount(): number {
    return this.#slots.length
  }

  /** A thread listens at `dataAddress` for the slot: STARTING → FREE. */
  markReady(slotIndex: number, dataAddress: DataAddress): void {
    assert(dataAddress !== '', `Slot ${slotIndex} is ready without a data address`)
    const slot = this.#slot(slotIndex)
    slot.state = transition(slotStateTransitions, slot.state, 'FREE')
    slot.dataAddress = dataAddress
  }

  /** FREE → ALLOCATED, if the slot is still the one that the JobManager saw. */
  allocate(request: AllocationRequest): AllocationAnswer {
    const { slotIndex, incarnation, allocationId } = request
    const slot = this.#slots[slotIndex]
    if (slot === undefined) return 'unknown-slot'
    if (slot.incarnation !== incarnation) return 'other-incarnation'
    if (slot.allocationId === allocationId) return 'duplicate'
    if (slot.state !== 'FREE') return 'not-free'
    if (this.slotIndexOf(allocationId) !== undefined) return 'allocation-in-use'
    slot.state = transition(slotStateTransitions, slot.state, 'ALLOCATED')
    slot.allocationId = allocationId
    return 'allocated'
  }

  /** The slot's thread is replaced: → STARTING, under the next incarnation, without a lease. */
  replace(slotIndex: number): void {
    const slot = this.#slot(slotIndex)
    slot.state = transition(slotStateTransitions, slot.state, 'STARTING')
    slot.incarnation += 1
    slot.allocationId = undefined
    slot.dataAddress = ''
  }

  /** The slot that is leased under this id, if any. */
  slotIndexOf(allocationId: AllocationId): number | undefined {
    const index = this.#slots.findIndex((slot) => slot.allocationId === allocationId)
    return index < 0 ? undefined : index
  }

  stateOf(slotIndex: number): SlotState {
    return this.#slot(slotIndex).state
  }

  /** All slots as the JobManager is told of them. */
  report(): readonly SlotStatus[] {
    return this.#slots.map((slot, slotIndex) => ({
      slotIndex,
      incarnation: slot.incarnation,
      state: statusOf(slot.state),
      allocationId: slot.allocationId,
      dataAddress: slot.dataAddress,
    }))
  }

  #slot(slotIndex: number): SlotEntry {
    const slot = this.#slots[slotIndex]
    assert(slot !== undefined, `There is no slot ${slotIndex} of ${this.#slots.length}`)
    return slot
  }
}

function statusOf(state: SlotState): SlotStatus['state'] {
  if (state === 'STARTING') return 'starting'
  return state === 'FREE' ? 'free' : 'allocated'
}
