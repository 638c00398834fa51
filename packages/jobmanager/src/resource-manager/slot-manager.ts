import {
  AllocationId,
  assert,
  type ErrorInfo,
  errorInfo,
  type JobId,
  MillraceError,
  type Random,
  type SlotStatus,
  type TaskManagerId,
  transition,
} from '@millrace/core'
import {
  addSlot,
  freeSlots,
  type ManagedSlot,
  type ManagedTaskManager,
  slotTransitions,
  startingSlots,
} from './managed-slot.ts'
import type { SlotManagerCommand } from './slot-manager-command.ts'
import { SlotMatching } from './slot-matching.ts'
import type { SlotRequirement, SlotSummary } from './slot-provider.ts'

// Who holds which slot. Pure: takes what happened, returns what to do about it.
//
// Invariants
//  - A slot has at most one lease, and a lease at most one slot.
//  - Only a slot that its TaskManager reported free is leased, at the incarnation it reported.
//  - A slot of a TaskManager that is suspended or gone is never leased.
//  - A job is offered a slot only after the TaskManager confirmed the lease.
//  - A job gets all the slots it misses or none, so that two jobs never wait for each other's.
//  - Jobs are served in submission order. One that could run if others gave slots back keeps later
//    jobs from taking them; one that needs more than the cluster has keeps nobody waiting.
//  - A job that awaits its former slots, as one with local copies of its state does, is served when
//    none of them is being replaced any more; a TaskManager that cannot replace one ends itself.

interface ManagedJob {
  requirement: SlotRequirement
  readonly leases: Map<AllocationId, ManagedSlot>
  readonly usedTaskManagers: Set<TaskManagerId>
}

export class SlotManager {
  readonly #random: Random
  readonly #taskManagers = new Map<TaskManagerId, ManagedTaskManager>()
  /** In submission order. */
  readonly #jobs = new Map<JobId, ManagedJob>()
  readonly #matching = new SlotMatching(this.#taskManagers)
  #commands: SlotManagerCommand[] = []

  constructor(random: Random) {
    this.#random = random
  }

  registerTaskManager(id: TaskManagerId): void {
    assert(!this.#taskManagers.has(id), `TaskManager ${id} is registered twice`)
    this.#taskManagers.set(id, { id, slots: [], isSuspended: false })
  }

  /** The TaskManager's connection broke. What it did not confirm is asked for elsewhere. */
  suspendTaskManager(id: TaskManagerId): readonly SlotManagerCommand[] {
    const taskManager = this.#taskManager(id)
    taskManager.isSuspended = true
    for (const slot of taskManager.slots) {
      if (slot.state === 'requested') this.#returnSlot(slot)
    }
    return this.#assign()
  }

  resumeTaskManager(id: TaskManagerId): readonly SlotManagerCommand[] {
    this.#taskManager(id).isSuspended = false
    return this.#assign()
  }

  /** The TaskManager is gone for good, and its slots with it; `failure` says why. */
  removeTaskManager(id: TaskManagerId, failure: ErrorInfo): readonly SlotManagerCommand[] {
    const lostByJob = new Map<JobId, AllocationId[]>()
    for (const slot of this.#taskManager(id).slots) {
      if (slot.jobId === undefined || slot.allocationId === undefined) continue
      this.#job(slot.jobId).leases.delete(slot.allocationId)
      if (slot.state !== 'leased') continue
      const lost = lostByJob.get(slot.jobId) ?? []
      lostByJob.set(slot.jobId, [...lost, slot.allocationId])
    }
    this.#taskManagers.delete(id)
    for (const job of this.#jobs.values()) job.usedTaskManagers.delete(id)
    for (const [jobId, allocationIds] of lostByJob) {
      this.#commands.push({ kind: 'slots-lost', jobId, allocationIds, failure })
    }
    return this.#assign()
  }

  reportSlots(id: TaskManagerId, reports: readonly SlotStatus[]): readonly SlotManagerCommand[] {
    const taskManager = this.#taskManager(id)
    for (const report of reports) {
      const known = taskManager.slots.find((slot) => slot.slotIndex === report.slotIndex)
      this.#reportSlot(known ?? addSlot(taskManager, report), report)
    }
    return this.#assign()
  }

  addJob(jobId: JobId): void {
    assert(!this.#jobs.has(jobId), `Job ${jobId} is registered twice`)
    this.#jobs.set(jobId, {
      requirement: { slotCount: 0, formerSlots: [], awaitsFormerSlots: false },
      leases: new Map(),
      usedTaskManagers: new Set(),
    })
  }

  /** A requirement below what the job holds takes nothing away: the job returns what it chooses. */
  declareRequirement(jobId: JobId, requirement: SlotRequirement): readonly SlotManagerCommand[] {
    this.#job(jobId).requirement = requirement
    return this.#assign()
  }

  /** Its slots are to be told anew what the job is, under the leases they have. */
  updateJob(jobId: JobId): readonly SlotManagerCommand[] {
    for (const [allocationId, slot] of this.#job(jobId).leases) {
      this.#pushAllocation(slot, allocationId, jobId)
    }
    return this.#assign()
  }

  /** Ends a lease. One that was lost in the meantime is ignored. */
  releaseSlot(allocationId: AllocationId): readonly SlotManagerCommand[] {
    for (const job of this.#jobs.values()) {
      const slot = job.leases.get(allocationId)
      if (slot !== undefined) this.#returnSlot(slot)
    }
    return this.#assign()
  }

  /** Ends the thread of a leased slot. The lease is lost when the TaskManager says that it did. */
  terminateSlot(allocationId: AllocationId): readonly SlotManagerCommand[] {
    for (const { leases } of this.#jobs.values()) {
      const taskManagerId = leases.get(allocationId)?.taskManager.id
      if (taskManagerId === undefined) continue
      this.#commands.push({ kind: 'free-slot', taskManagerId, allocationId })
    }
    return this.#assign()
  }

  /** Ends all leases of the job. */
  removeJob(jobId: JobId): readonly SlotManagerCommand[] {
    const job = this.#job(jobId)
    for (const slot of [...job.leases.values()]) this.#returnSlot(slot)
    this.#jobs.delete(jobId)
    this.#commands.push({ kind: 'job-removed', jobId, taskManagerIds: [...job.usedTaskManagers] })
    return this.#assign()
  }

  freeSlotCount(id: TaskManagerId): number {
    return freeSlots(this.#taskManager(id)).length
  }

  /** Counts TaskManagers that can be used now; a suspended one cannot. */
  summary(): SlotSummary {
    const active = [...this.#taskManagers.values()].filter((each) => !each.isSuspended)
    return {
      taskManagerCount: active.length,
      slotCount: active.reduce((sum, each) => sum + each.slots.length, 0),
      freeSlotCount: active.reduce((sum, each) => sum + this.freeSlotCount(each.id), 0),
      startingSlotCount: active.reduce((sum, each) => sum + startingSlots(each).length, 0),
    }
  }

  #reportSlot(slot: ManagedSlot, report: SlotStatus): void {
    const isSameLease = report.state === 'allocated' && report.allocationId === slot.allocationId
    const isNewer = report.incarnation > slot.incarnation
    switch (slot.state) {
      case 'requested':
        if (isSameLease) this.#confirm(slot, report)
        // Another report of the same incarnation left before the request arrived.
        else if (isNewer || report.state === 'allocated') this.#voidLease(slot, report)
        return
      case 'leased':
        if (!isSameLease) this.#voidLease(slot, report)
        return
      case 'returning':
        if (isSameLease) slot.isConfirmed = true
        else if (isNewer || slot.isConfirmed) this.#adopt(slot, report)
        return
      case 'starting':
      case 'free':
        this.#adopt(slot, report)
    }
  }

  #confirm(slot: ManagedSlot, report: SlotStatus): void {
    const { allocationId, jobId, slotIndex } = slot
    assert(allocationId !== undefined && jobId !== undefined, 'A requested slot has a lease')
    slot.state = transition(slotTransitions, slot.state, 'leased')
    slot.isConfirmed = true
    slot.dataAddress = report.dataAddress
    const { dataAddress } = report
    const taskManagerId = slot.taskManager.id
    const offered = { allocationId, taskManagerId, slotIndex, dataAddress }
    this.#commands.push({ kind: 'offer-slot', jobId, slot: offered })
  }

  /** The TaskManager does not hold the lease (any more): its thread was replaced. */
  #voidLease(slot: ManagedSlot, report: SlotStatus): void {
    const { allocationId, jobId } = slot
    assert(allocationId !== undefined && jobId !== undefined, 'A leased slot has a lease')
    this.#job(jobId).leases.delete(allocationId)
    if (slot.state === 'leased') {
      const allocationIds = [allocationId]
      const failure = threadReplaced(slot)
      this.#commands.push({ kind: 'slots-lost', jobId, allocationIds, failure })
    }
    this.#adopt(slot, report)
  }

  #adopt(slot: ManagedSlot, report: SlotStatus): void {
    slot.incarnation = report.incarnation
    slot.dataAddress = report.dataAddress
    slot.jobId = undefined
    if (report.state !== 'allocated' || report.allocationId === undefined) {
      const state = report.state === 'free' ? 'free' : 'starting'
      slot.state = transition(slotTransitions, slot.state, state)
      slot.allocationId = undefined
      slot.isConfirmed = false
      return
    }
    // A lease nobody here made: it ends.
    slot.state = transition(slotTransitions, slot.state, 'returning')
    slot.allocationId = report.allocationId
    slot.isConfirmed = true
    this.#commands.push({
      kind: 'free-slot',
      taskManagerId: slot.taskManager.id,
      allocationId: report.allocationId,
    })
  }

  #returnSlot(slot: ManagedSlot): void {
    const { allocationId, jobId } = slot
    assert(allocationId !== undefined && jobId !== undefined, 'A leased slot has a lease')
    this.#job(jobId).leases.delete(allocationId)
    slot.state = transition(slotTransitions, slot.state, 'returning')
    slot.jobId = undefined
    const taskManagerId = slot.taskManager.id
    this.#commands.push({ kind: 'free-slot', taskManagerId, allocationId })
  }

  /** Leases what is free to those who miss it; returns what was gathered since the last call. */
  #assign(): readonly SlotManagerCommand[] {
    const { slotCount } = this.summary()
    // One that holds slots keeps them until it has the rest: it must not wait behind one that waits
    // for all of them.
    const holding = [...this.#jobs].filter(([, { leases }]) => leases.size > 0)
    for (const [jobId, job] of new Map([...holding, ...this.#jobs])) {
      const missing = job.requirement.slotCount - job.leases.size
      if (missing <= 0) continue
      if (this.#matching.isAwaitingFormerSlot(job.requirement)) break
      if (missing <= this.summary().freeSlotCount) this.#lease(jobId, job, missing)
      else if (job.requirement.slotCount <= slotCount) break
    }
    const commands = this.#commands
    this.#commands = []
    return commands
  }

  #lease(jobId: JobId, job: ManagedJob, count: number): void {
    const former = [...job.requirement.formerSlots]
    for (let i = 0; i < count; i++) {
      const slot = this.#matching.take(former)
      const taskManagerId = slot.taskManager.id
      const allocationId = AllocationId.random(this.#random)
      slot.state = transition(slotTransitions, slot.state, 'requested')
      slot.allocationId = allocationId
      slot.jobId = jobId
      slot.isConfirmed = false
      job.leases.set(allocationId, slot)
      job.usedTaskManagers.add(taskManagerId)
      this.#pushAllocation(slot, allocationId, jobId)
    }
  }

  #pushAllocation(slot: ManagedSlot, allocationId: AllocationId, jobId: JobId): void {
    const { slotIndex, incarnation } = slot
    const taskManagerId = slot.taskManager.id
    const kind = 'allocate-slot'
    this.#commands.push({ kind, taskManagerId, slotIndex, incarnation, allocationId, jobId })
  }

  #taskManager(id: TaskManagerId): ManagedTaskManager {
    const taskManager = this.#taskManagers.get(id)
    assert(taskManager !== undefined, `TaskManager ${id} is not registered`)
    return taskManager
  }

  #job(jobId: JobId): ManagedJob {
    const job = this.#jobs.get(jobId)
    assert(job !== undefined, `Job ${jobId} is not registered`)
    return job
  }
}

function threadReplaced(slot: ManagedSlot): ErrorInfo {
  return errorInfo(
    new MillraceError(
      'SLOT_THREAD_EXITED',
      `The thread of slot ${slot.slotIndex} of TaskManager ${slot.taskManager.id} ended while a ` +
        'job held the slot. Its tasks start again in another one; the log of the TaskManager ' +
        'says why.',
      { disposition: 'retry', blame: 'external' },
    ),
  )
}
