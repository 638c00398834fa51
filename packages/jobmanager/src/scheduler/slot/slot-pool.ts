import { type AllocationId, assert } from '@millrace/core'
import type { ExecutionGraph } from '../../execution-graph/execution-graph.ts'
import type { ExecutionVertex } from '../../execution-graph/execution-vertex.ts'
import type { AllocatedSlot } from '../../resource-manager/allocated-slot.ts'
import type { SlotRequirement } from '../../resource-manager/slot-provider.ts'

/** Subtask `index` of every vertex of one slot-sharing group: what shares one slot. */
export interface SlotPlace {
  readonly index: number
  readonly vertices: readonly ExecutionVertex[]
  slot: AllocatedSlot | undefined
  /** Whether a task was ever deployed in `slot`. */
  isUsed: boolean
  /** `slot` takes no more tasks: it is returned when the last one in it is over. */
  isEnded: boolean
  /**
   * A task failed in `slot` by what it did, or its thread is not to be used again for another
   * reason: it is returned when no task runs in it any more.
   */
  isTainted: boolean
  /** Whether tasks still have to run here. */
  isNeeded: boolean
  /** Where it was before: preferred, then another slot of its TaskManager. */
  formerSlot: AllocatedSlot | undefined
}

/** The slots of one job: which it needs, and which it holds. Pure. */
export class SlotPool {
  readonly places: readonly SlotPlace[]
  readonly #placeOf = new Map<ExecutionVertex, SlotPlace>()
  readonly #awaitsFormerSlots: boolean

  constructor(executionGraph: ExecutionGraph, awaitsFormerSlots: boolean) {
    this.#awaitsFormerSlots = awaitsFormerSlots
    const byPlace = Map.groupBy(
      executionGraph.vertices,
      (vertex) => `${vertex.subtaskIndex} ${vertex.jobVertex.slotSharingGroup}`,
    )
    this.places = [...byPlace.values()]
      .map((vertices) => newPlace(vertices))
      .sort((left, right) => left.index - right.index)
    for (const place of this.places) {
      for (const vertex of place.vertices) this.#placeOf.set(vertex, place)
    }
  }

  placeOf(vertex: ExecutionVertex): SlotPlace {
    const place = this.#placeOf.get(vertex)
    assert(place !== undefined, `${vertex.taskName} has no place in the slot pool`)
    return place
  }

  /** The slots to hold in all. */
  requirement(): SlotRequirement {
    const needed = this.places.filter((place) => place.isNeeded)
    const formerSlots = needed.flatMap(({ slot, formerSlot }) => {
      if (slot !== undefined || formerSlot === undefined) return []
      const { taskManagerId, slotIndex } = formerSlot
      return { taskManagerId, slotIndex }
    })
    return { slotCount: needed.length, formerSlots, awaitsFormerSlots: this.#awaitsFormerSlots }
  }

  /** Slots that the job holds. */
  get heldCount(): number {
    return this.places.filter(({ slot }) => slot !== undefined).length
  }

  /** Takes a slot for the place it suits best; false if no place misses one. */
  offer(slot: AllocatedSlot): boolean {
    const missing = this.places.filter((place) => place.isNeeded && place.slot === undefined)
    const isFormer = (place: SlotPlace) => place.formerSlot?.taskManagerId === slot.taskManagerId
    const place =
      missing.find((each) => isFormer(each) && each.formerSlot?.slotIndex === slot.slotIndex) ??
      missing.find(isFormer) ??
      missing.find((each) => each.formerSlot === undefined) ??
      missing[0]
    if (place === undefined) return false
    place.slot = slot
    return true
  }

  /**
   * Gives up the place's slot, which the caller returns or has lost. `isGone`: with its
   * TaskManager, so that it never comes back.
   */
  vacate(place: SlotPlace, isGone = false): void {
    place.formerSlot = isGone ? undefined : place.slot
    place.slot = undefined
    place.isUsed = false
    place.isEnded = false
    place.isTainted = false
  }

  /** Those whose slots the job holds under these leases. */
  placesOf(allocationIds: readonly AllocationId[]): readonly SlotPlace[] {
    return this.places.filter(
      ({ slot }) => slot !== undefined && allocationIds.includes(slot.allocationId),
    )
  }
}

/** Whether a task may still run in its slot. */
export function isOccupied({ vertices }: SlotPlace): boolean {
  return vertices.some((vertex) => vertex.execution.isDeployed)
}

function newPlace(vertices: readonly ExecutionVertex[]): SlotPlace {
  const index = vertices[0]?.subtaskIndex ?? 0
  return {
    index,
    vertices,
    slot: undefined,
    isUsed: false,
    isEnded: false,
    isTainted: false,
    isNeeded: true,
    formerSlot: undefined,
  }
}
