import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AllocationId,
  errorInfo,
  JobId,
  MillraceError,
  SeededRandom,
  type SlotStatus,
  TaskManagerId,
} from '@millrace/core'
import { SlotManager } from './slot-manager.ts'
import type { SlotManagerCommand } from './slot-manager-command.ts'
import type { SlotRequirement } from './slot-provider.ts'

const jobs = ['a', 'b', 'c'].map((letter) => JobId.parse(letter.repeat(32)))
const [jobA, jobB, jobC] = jobs as [JobId, JobId, JobId]
const tm1 = TaskManagerId.parse('tm-1')
const tm2 = TaskManagerId.parse('tm-2')
const lost = errorInfo(new MillraceError('TASK_MANAGER_LOST', 'gone', { disposition: 'retry' }))

function free(slotIndex: number, incarnation = 1): SlotStatus {
  const dataAddress = `host:${slotIndex}${incarnation}`
  return { slotIndex, incarnation, state: 'free', allocationId: undefined, dataAddress }
}

function allocated(slotIndex: number, allocationId: AllocationId, incarnation = 1): SlotStatus {
  return { ...free(slotIndex, incarnation), state: 'allocated', allocationId }
}

function managerWith(slotCounts: readonly (readonly [TaskManagerId, number])[]): SlotManager {
  const manager = new SlotManager(new SeededRandom(1))
  for (const [id, slotCount] of slotCounts) {
    manager.registerTaskManager(id)
    manager.reportSlots(
      id,
      Array.from({ length: slotCount }, (_, index) => free(index)),
    )
  }
  for (const job of jobs) manager.addJob(job)
  return manager
}

test('all leases of a job whose graph changes are told again, as they are', () => {
  const manager = managerWith([[tm1, 3]])
  const leased = need(manager, jobA, 2)
  need(manager, jobB, 1)
  const [first] = leased
  assert.ok(first?.kind === 'allocate-slot')
  manager.reportSlots(tm1, [allocated(first.slotIndex, first.allocationId)])
  assert.deepEqual(manager.updateJob(jobA), leased)
  assert.deepEqual(manager.updateJob(jobC), [])
})

function need(manager: SlotManager, job: JobId, slotCount: number, former: TaskManagerId[] = []) {
  const formerSlots = former.map((taskManagerId) => ({ taskManagerId, slotIndex: 0 }))
  const awaitsFormerSlots = false
  return manager.declareRequirement(job, { slotCount, formerSlots, awaitsFormerSlots })
}

function declare(
  manager: SlotManager,
  slotCount: number,
  formerSlots: SlotRequirement['formerSlots'],
  awaitsFormerSlots = false,
) {
  return manager.declareRequirement(jobA, { slotCount, formerSlots, awaitsFormerSlots })
}

type Allocation = Extract<SlotManagerCommand, { kind: 'allocate-slot' }>

function allocations(commands: readonly SlotManagerCommand[]): readonly Allocation[] {
  return commands.filter((command) => command.kind === 'allocate-slot')
}

/** Job A needs one slot of tm-1 and got it confirmed. */
function leasedSlot(): { manager: SlotManager; allocationId: AllocationId } {
  const manager = managerWith([[tm1, 1]])
  const [allocation] = allocations(need(manager, jobA, 1))
  const allocationId = allocation!.allocationId
  manager.reportSlots(tm1, [allocated(0, allocationId)])
  return { manager, allocationId }
}

test('slots are spread evenly over TaskManagers', () => {
  const manager = managerWith([
    [tm1, 3],
    [tm2, 3],
  ])
  const leased = allocations(need(manager, jobA, 4)).map((each) => each.taskManagerId)
  assert.deepEqual(leased, [tm1, tm2, tm1, tm2])
})

test('equally used TaskManagers are taken in turn, from job to job', () => {
  const manager = managerWith([
    [tm1, 2],
    [tm2, 2],
  ])
  const first = allocations(need(manager, jobA, 1)).map((each) => each.taskManagerId)
  const second = allocations(need(manager, jobB, 1)).map((each) => each.taskManagerId)
  assert.deepEqual([first, second], [[tm1], [tm2]])
})

test('a job that holds slots gets the rest before one that waits for all of them', () => {
  const manager = managerWith([[tm1, 3]])
  assert.equal(allocations(need(manager, jobB, 1)).length, 1)
  assert.equal(allocations(need(manager, jobA, 3)).length, 0)
  const { length } = allocations(need(manager, jobB, 2))
  assert.equal(length, 1, 'jobA was first in line, but gets its slots only when jobB ends')
})

test('a job returns to the TaskManagers it was on where they have room', () => {
  const manager = managerWith([
    [tm1, 3],
    [tm2, 1],
  ])
  const leased = allocations(need(manager, jobA, 3, [tm2, tm2])).map((each) => each.taskManagerId)
  assert.deepEqual(leased, [tm2, tm1, tm1])
})

test('a slot is offered once its TaskManager confirmed the lease, with its address', () => {
  const manager = managerWith([[tm1, 1]])
  const [allocation] = allocations(need(manager, jobA, 1))
  assert.deepEqual(manager.reportSlots(tm1, [free(0)]), [], 'a report sent before the request')
  const { allocationId } = allocation!
  const commands = manager.reportSlots(tm1, [allocated(0, allocationId)])
  const slot = { allocationId, taskManagerId: tm1, slotIndex: 0, dataAddress: 'host:01' }
  assert.deepEqual(commands, [{ kind: 'offer-slot', jobId: jobA, slot }])
})

test('a lease asked for at an old incarnation is asked for again at the new one', () => {
  const manager = managerWith([[tm1, 1]])
  const [first] = allocations(need(manager, jobA, 1))
  const [second] = allocations(manager.reportSlots(tm1, [free(0, 2)]))
  assert.equal(second?.incarnation, 2)
  assert.notEqual(second?.allocationId, first?.allocationId)
})

test('a slot whose thread was replaced is lost, and another is leased instead', () => {
  const { manager, allocationId } = leasedSlot()
  const commands = manager.reportSlots(tm1, [free(0, 2)])
  const [loss, allocation] = commands
  assert.equal(loss?.kind === 'slots-lost' && loss.failure.code, 'SLOT_THREAD_EXITED')
  assert.deepEqual(loss?.kind === 'slots-lost' && loss.allocationIds, [allocationId])
  assert.equal(allocation?.kind, 'allocate-slot')
})

test('a returned slot is leased again only when its TaskManager reported it free', () => {
  const { manager, allocationId } = leasedSlot()
  const freed = { kind: 'free-slot', taskManagerId: tm1, allocationId }
  assert.deepEqual(manager.releaseSlot(allocationId), [freed])
  const late = manager.reportSlots(tm1, [allocated(0, allocationId)])
  assert.deepEqual(late, [], 'the TaskManager has not seen the return yet')
  assert.equal(allocations(manager.reportSlots(tm1, [free(0, 2)])).length, 1)
})

test('a report from before an unconfirmed lease does not end its return', () => {
  const manager = managerWith([[tm1, 1]])
  const [allocation] = allocations(need(manager, jobA, 1))
  manager.releaseSlot(allocation!.allocationId)
  assert.deepEqual(manager.reportSlots(tm1, [free(0)]), [])
  assert.deepEqual(manager.reportSlots(tm1, [allocated(0, allocation!.allocationId)]), [])
  assert.equal(allocations(manager.reportSlots(tm1, [free(0, 2)])).length, 1)
})

test('a lease nobody here made is ended', () => {
  const manager = managerWith([[tm1, 1]])
  const foreign = AllocationId.parse('0123456789abcdef')
  const commands = manager.reportSlots(tm1, [allocated(0, foreign)])
  assert.deepEqual(commands, [{ kind: 'free-slot', taskManagerId: tm1, allocationId: foreign }])
  assert.equal(manager.summary().freeSlotCount, 0)
})

test('slots of a lost TaskManager are lost at one stroke for each job', () => {
  const manager = managerWith([[tm1, 3]])
  const ofA = allocations(need(manager, jobA, 2)).map((each) => each.allocationId)
  const ofB = allocations(need(manager, jobB, 1)).map((each) => each.allocationId)
  manager.reportSlots(
    tm1,
    [...ofA, ...ofB].map((id, index) => allocated(index, id)),
  )
  assert.deepEqual(manager.removeTaskManager(tm1, lost), [
    { kind: 'slots-lost', jobId: jobA, allocationIds: ofA, failure: lost },
    { kind: 'slots-lost', jobId: jobB, allocationIds: ofB, failure: lost },
  ])
})

test('a suspended TaskManager is never used, and what it did not confirm goes elsewhere', () => {
  const manager = managerWith([[tm1, 2]])
  const [allocation] = allocations(need(manager, jobA, 1))
  manager.registerTaskManager(tm2)
  manager.reportSlots(tm2, [free(0)])
  const commands = manager.suspendTaskManager(tm1)
  const { allocationId } = allocation!
  assert.deepEqual(commands[0], { kind: 'free-slot', taskManagerId: tm1, allocationId })
  assert.deepEqual(
    allocations(commands).map((each) => each.taskManagerId),
    [tm2],
  )
  assert.deepEqual(need(manager, jobB, 1), [])
  assert.equal(allocations(manager.resumeTaskManager(tm1)).length, 1)
})

test('a job gets all the slots it misses or none', () => {
  const manager = managerWith([[tm1, 2]])
  assert.deepEqual(need(manager, jobA, 3), [])
  manager.registerTaskManager(tm2)
  assert.equal(allocations(manager.reportSlots(tm2, [free(0)])).length, 3)
})

test('a job that could run if others gave slots back keeps later jobs waiting', () => {
  const manager = managerWith([[tm1, 2]])
  need(manager, jobA, 1)
  assert.deepEqual(need(manager, jobB, 2), [])
  assert.deepEqual(need(manager, jobC, 1), [])
})

test('a job that needs more than the cluster has keeps nobody waiting', () => {
  const manager = managerWith([[tm1, 2]])
  assert.deepEqual(need(manager, jobA, 3), [])
  assert.equal(allocations(need(manager, jobB, 2)).length, 2)
})

test('a removed job returns its slots, and the TaskManagers it used are named', () => {
  const { manager, allocationId } = leasedSlot()
  assert.deepEqual(manager.removeJob(jobA), [
    { kind: 'free-slot', taskManagerId: tm1, allocationId },
    { kind: 'job-removed', jobId: jobA, taskManagerIds: [tm1] },
  ])
})

test('a slot whose thread is to end is lost when its TaskManager says that it ended', () => {
  const { manager, allocationId } = leasedSlot()
  const freed = { kind: 'free-slot', taskManagerId: tm1, allocationId }
  assert.deepEqual(manager.terminateSlot(allocationId), [freed])
  const [loss] = manager.reportSlots(tm1, [free(0, 2)])
  assert.deepEqual(loss?.kind === 'slots-lost' && loss.allocationIds, [allocationId])
})

test('the former slot is leased again, else another one of its TaskManager', () => {
  const manager = managerWith([
    [tm1, 3],
    [tm2, 3],
  ])
  const formerSlots = [
    { taskManagerId: tm2, slotIndex: 2 },
    { taskManagerId: tm2, slotIndex: 7 },
  ]
  const leased = allocations(declare(manager, 3, formerSlots))
  assert.deepEqual(
    leased.map(({ taskManagerId, slotIndex }) => [taskManagerId, slotIndex]),
    [
      [tm2, 2],
      [tm2, 0],
      [tm1, 0],
    ],
  )
})

test('a slot of a TaskManager that is gone is never leased again', () => {
  const manager = managerWith([
    [tm1, 1],
    [tm2, 1],
  ])
  manager.removeTaskManager(tm1, lost)
  const formerSlots = [{ taskManagerId: tm1, slotIndex: 0 }]
  const [leased] = allocations(declare(manager, 1, formerSlots))
  assert.equal(leased?.taskManagerId, tm2)
})

test('a job with local copies of its state waits for a slot that gets a new thread', () => {
  const { manager, allocationId } = leasedSlot()
  manager.registerTaskManager(tm2)
  manager.reportSlots(tm2, [free(0)])
  const formerSlots = [{ taskManagerId: tm1, slotIndex: 0 }]
  assert.deepEqual(declare(manager, 1, formerSlots, true), [])
  assert.deepEqual(allocations(manager.releaseSlot(allocationId)), [], 'tm-2 is not as good')
  assert.deepEqual(allocations(need(manager, jobB, 1)), [], 'later jobs wait too')
  const leased = allocations(manager.reportSlots(tm1, [free(0, 2)]))
  assert.deepEqual(
    leased.map(({ taskManagerId, jobId }) => [taskManagerId, jobId]),
    [
      [tm1, jobA],
      [tm2, jobB],
    ],
  )
})

test('a job waits for no slot of a TaskManager that is gone or does not answer', () => {
  for (const isGone of [true, false]) {
    const { manager, allocationId } = leasedSlot()
    manager.registerTaskManager(tm2)
    manager.reportSlots(tm2, [free(0)])
    declare(manager, 1, [{ taskManagerId: tm1, slotIndex: 0 }], true)
    assert.deepEqual(allocations(manager.releaseSlot(allocationId)), [])
    const commands = isGone ? manager.removeTaskManager(tm1, lost) : manager.suspendTaskManager(tm1)
    assert.deepEqual(
      allocations(commands).map(({ taskManagerId }) => taskManagerId),
      [tm2],
    )
  }
})
