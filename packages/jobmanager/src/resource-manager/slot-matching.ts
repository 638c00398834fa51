import { assert, type TaskManagerId } from '@millrace/core'
import { freeSlots, type ManagedSlot, type ManagedTaskManager } from './managed-slot.ts'
import type { SlotRequirement } from './slot-provider.ts'

type FormerSlots = SlotRequirement['formerSlots']

/** Which of the free slots a job gets. Pure. */
export class SlotMatching {
  readonly #taskManagers: ReadonlyMap<TaskManagerId, ManagedTaskManager>
  /** The TaskManager that got the last lease; equals are taken in turn from there. */
  #lastChosen: TaskManagerId | undefined

  constructor(taskManagers: ReadonlyMap<TaskManagerId, ManagedTaskManager>) {
    this.#taskManagers = taskManagers
  }

  /** Whether a slot that the job is to have again is being replaced. */
  isAwaitingFormerSlot({ awaitsFormerSlots, formerSlots }: SlotRequirement): boolean {
    if (!awaitsFormerSlots) return false
    return formerSlots.some((former) => {
      const taskManager = this.#taskManagers.get(former.taskManagerId)
      if (taskManager === undefined || taskManager.isSuspended) return false
      const slot = taskManager.slots.find((each) => isOf(former, each))
      return slot?.state === 'returning' || slot?.state === 'starting'
    })
  }

  /**
   * A free slot: of a former TaskManager if one has room, else of the least used, in turn. Takes
   * the former slot that it stands for out of `former`.
   */
  take(former: FormerSlots[number][]): ManagedSlot {
    const slot = this.#choose(former)
    const taskManagerId = slot.taskManager.id
    const exact = former.findIndex((each) => isOf(each, slot))
    const used =
      exact >= 0 ? exact : former.findIndex((each) => each.taskManagerId === taskManagerId)
    if (used >= 0) former.splice(used, 1)
    this.#lastChosen = taskManagerId
    return slot
  }

  #choose(former: FormerSlots): ManagedSlot {
    let best: ManagedTaskManager | undefined
    let bestCost = Number.POSITIVE_INFINITY
    for (const taskManager of this.#inTurn()) {
      if (taskManager.isSuspended || freeSlots(taskManager).length === 0) continue
      const isFormer = former.some(({ taskManagerId }) => taskManagerId === taskManager.id)
      const cost = usedFraction(taskManager) + (isFormer ? 0 : 1)
      if (cost >= bestCost) continue
      best = taskManager
      bestCost = cost
    }
    const free = best === undefined ? [] : freeSlots(best)
    const slot = free.find((each) => former.some((other) => isOf(other, each))) ?? free[0]
    assert(slot !== undefined, 'Slots are chosen only while some are free')
    return slot
  }

  /** All TaskManagers, those after the last chosen one first. */
  #inTurn(): readonly ManagedTaskManager[] {
    const all = [...this.#taskManagers.values()]
    const last = all.findIndex((each) => each.id === this.#lastChosen)
    return [...all.slice(last + 1), ...all.slice(0, last + 1)]
  }
}

function isOf(former: FormerSlots[number], { taskManager, slotIndex }: ManagedSlot): boolean {
  return former.taskManagerId === taskManager.id && former.slotIndex === slotIndex
}

function usedFraction(taskManager: ManagedTaskManager): number {
  const used = taskManager.slots.filter((slot) => slot.jobId !== undefined).length
  return used / taskManager.slots.length
}
