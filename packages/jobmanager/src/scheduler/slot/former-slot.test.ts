import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AllocationId, SeededRandom, TaskManagerId } from '@millrace/core'
import type { JobSchedulerCommand } from '../job-scheduler-command.ts'
import { Bench, failure, shuffle } from '../job-scheduler-test-support.ts'

const random = new SeededRandom(5)

function offerSlot(bench: Bench, name: string, slotIndex: number): void {
  const allocationId = AllocationId.random(random)
  const taskManagerId = TaskManagerId.parse(name)
  const slot = { allocationId, taskManagerId, slotIndex, dataAddress: `${name}:${slotIndex}` }
  bench.handle({ kind: 'slot-offered', slot })
}

/** Where the latest attempt of a task was sent. */
function placeOf(bench: Bench, task: string): string {
  const { attemptId } = bench.deployment(task)
  const submitted = bench.commands.find(
    (command) => command.kind === 'submit-task' && command.deployment.attemptId === attemptId,
  )
  assert.ok(submitted?.kind === 'submit-task')
  return submitted.taskManagerId
}

function lastRequirement(commands: readonly JobSchedulerCommand[]) {
  const declared = commands.findLast((command) => command.kind === 'declare-requirement')
  assert.ok(declared?.kind === 'declare-requirement')
  return declared.requirement
}

/** Subtasks 0 on tm-1 and 1 on tm-2, that run. */
function running(): Bench {
  const bench = new Bench(shuffle, [['a', 'b', 'hash']])
  offerSlot(bench, 'tm-1', 0)
  offerSlot(bench, 'tm-2', 0)
  for (const task of ['a0', 'a1', 'b0', 'b1']) bench.report(task, 'RUNNING')
  return bench
}

function cancelAll(bench: Bench, tasks: readonly string[]): void {
  for (const task of tasks) bench.report(task, 'CANCELED')
}

test('a subtask whose thread was replaced goes back to the slot it had', () => {
  const bench = running()
  const allocationIds = ['a0', 'a1'].map((task) => bench.deployment(task).allocationId)
  bench.handle({ kind: 'slots-lost', allocationIds, failure: failure('SLOT_THREAD_EXITED') })
  assert.deepEqual(lastRequirement(bench.commands).formerSlots, [
    { taskManagerId: 'tm-1', slotIndex: 0 },
    { taskManagerId: 'tm-2', slotIndex: 0 },
  ])
  offerSlot(bench, 'tm-2', 0)
  offerSlot(bench, 'tm-1', 0)
  assert.deepEqual(
    ['a0', 'a1', 'b1'].map((task) => placeOf(bench, task)),
    ['tm-1', 'tm-2', 'tm-2'],
  )
})

test('a subtask whose TaskManager is gone takes the new slot, not that of another subtask', () => {
  const bench = running()
  const [first, second] = ['a0', 'a1'].map((task) => bench.deployment(task).allocationId)
  assert.ok(first !== undefined && second !== undefined)
  const threadGone = failure('SLOT_THREAD_EXITED')
  bench.handle({ kind: 'slots-lost', allocationIds: [first], failure: threadGone })
  const lost = failure('TASK_MANAGER_LOST')
  bench.handle({ kind: 'slots-lost', allocationIds: [second], failure: lost })
  assert.deepEqual(lastRequirement(bench.commands).formerSlots, [
    { taskManagerId: 'tm-1', slotIndex: 0 },
  ])
  offerSlot(bench, 'tm-3', 0)
  offerSlot(bench, 'tm-1', 0)
  assert.deepEqual(
    ['a0', 'a1'].map((task) => placeOf(bench, task)),
    ['tm-1', 'tm-3'],
  )
})

test('after an exception every subtask goes back to the slot it had', () => {
  const bench = running()
  bench.fail('a0')
  cancelAll(bench, ['a1', 'b0', 'b1'])
  assert.deepEqual(lastRequirement(bench.commands).formerSlots, [
    { taskManagerId: 'tm-1', slotIndex: 0 },
  ])
  offerSlot(bench, 'tm-1', 0)
  assert.deepEqual(
    ['a0', 'a1', 'b0', 'b1'].map((task) => placeOf(bench, task)),
    ['tm-1', 'tm-2', 'tm-1', 'tm-2'],
  )
  assert.equal(bench.deployment('a0').attemptNumber, 1)
})
