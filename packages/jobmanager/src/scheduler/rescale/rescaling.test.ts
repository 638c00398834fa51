import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RescaleWorld } from './rescale-world-test-support.ts'

function running(parallelism: number, slotCount: number): RescaleWorld {
  const world = new RescaleWorld(parallelism, slotCount)
  world.settle()
  assert.ok(world.isRunningInFull)
  return world
}

test('more slots are there, and a checkpoint is complete, before anything stops', () => {
  const world = running(2, 4)
  const before = [...world.slots.keys()]
  world.rescale(4)
  assert.deepEqual(world.states, ['waiting-for-slots'])
  world.offerSlots()
  assert.deepEqual(world.states, ['waiting-for-slots', 'checkpointing'])
  while (world.acknowledge()) assert.equal(world.scheduler.status, 'RUNNING')
  assert.ok([...world.tasks.values()].every(({ state }) => state === 'running'))
  world.nowMs += 100
  world.store()
  assert.equal(world.scheduler.status, 'RESTARTING')
  assert.ok([...world.tasks.values()].every(({ state }) => state === 'canceling'))
  world.nowMs += 30
  world.settle()
  assert.deepEqual(world.states.slice(2), ['stopping', 'starting', 'completed'])
  assert.equal(world.scheduler.status, 'RUNNING')
  assert.equal(world.tasks.size, 8)
  assert.equal(world.scheduler.rescale?.gapMs, 30)
  for (const allocationId of before) assert.ok(world.slots.has(allocationId), 'a slot was not kept')
})

test('slots that are too much are returned when the tasks are over', () => {
  const world = running(4, 4)
  world.rescale(1)
  world.settle()
  assert.equal(world.scheduler.rescale?.state, 'completed')
  assert.deepEqual([world.slots.size, world.freeSlotCount, world.tasks.size], [1, 3, 2])
})

test('where slots are missing nothing is stopped, and the failure says how many', () => {
  const world = running(2, 3)
  world.rescale(6)
  world.settle()
  assert.equal(world.scheduler.rescale?.missingSlotCount, 4)
  world.fireTimer()
  const { state, failure } = world.scheduler.rescale ?? {}
  assert.equal(state, 'failed')
  assert.equal(failure?.code, 'SLOTS_MISSING')
  assert.match(failure?.message ?? '', /needs? 6 slots, and 3 of them are missing/)
  assert.deepEqual([world.parallelism, world.slots.size, world.freeSlotCount], [2, 2, 1])
  assert.ok(world.isRunningInFull)
  // What it does not wait for any more is not taken when it comes.
  world.freeSlotCount = 8
  assert.equal(world.offerSlots(), false)
})

test('a checkpoint that fails, and a task that does, leave the job as it was', () => {
  for (const trouble of ['store', 'task', 'slot'] as const) {
    const world = running(2, 4)
    world.rescale(4)
    world.offerSlots()
    while (world.acknowledge()) {}
    if (trouble === 'store') world.store(false)
    else if (trouble === 'task') world.failTask(0)
    else world.loseSlot(3)
    assert.equal(world.scheduler.rescale?.state, 'failed', trouble)
    assert.equal(world.scheduler.rescale.failure?.code, 'RESCALE_FAILED')
    world.settle()
    assert.deepEqual([world.parallelism, world.slots.size, world.isRunningInFull], [2, 2, true])
    world.rescale(4)
    world.settle()
    assert.deepEqual([world.parallelism, world.isRunningInFull], [4, true], trouble)
  }
})

test('a slot that is lost while the job stops is replaced by another', () => {
  const world = running(3, 3)
  world.rescale(2)
  while (world.acknowledge()) {}
  world.store()
  assert.equal(world.scheduler.rescale?.state, 'stopping')
  world.loseSlot(0)
  world.loseSlot(0)
  world.settle()
  assert.deepEqual([world.parallelism, world.slots.size, world.isRunningInFull], [2, 2, true])
  assert.equal(world.scheduler.rescale.state, 'completed')
})

test('a job that waits for slots becomes smaller at once', () => {
  const world = new RescaleWorld(4, 2)
  world.settle()
  assert.equal(world.scheduler.status, 'CREATED')
  world.rescale(2)
  world.settle()
  assert.deepEqual([world.parallelism, world.isRunningInFull], [2, true])
  assert.deepEqual(world.states, ['stopping', 'starting', 'completed'])
})

test('a job that is canceled in the middle of it ends, and returns all its slots', () => {
  for (const step of [0, 1, 2]) {
    const world = running(2, 4)
    world.rescale(4)
    if (step > 0) world.offerSlots()
    if (step > 1) {
      while (world.acknowledge()) {}
      world.store()
    }
    world.handle({ kind: 'cancel-requested' })
    world.settle()
    assert.equal(world.scheduler.status, 'CANCELED')
    assert.equal(world.scheduler.rescale?.state, 'failed')
    assert.deepEqual([world.slots.size, world.freeSlotCount, world.tasks.size], [0, 4, 0])
  }
})

test('slots that return are used when they have stayed for a moment', () => {
  const world = running(2, 2)
  world.rescale(4, 'slots-returned')
  world.settle()
  assert.equal(world.timers.has('rescale'), false, 'it waits for ever')
  world.freeSlotCount = 2
  world.settle()
  assert.equal(world.scheduler.rescale?.state, 'waiting-for-slots')
  world.loseSlot(3)
  world.freeSlotCount = 0
  assert.equal(world.timers.has('rescale'), false)
  world.freeSlotCount = 1
  world.settle()
  world.fireTimer()
  world.settle()
  assert.deepEqual([world.parallelism, world.isRunningInFull], [4, true])
})

test('who asks for another parallelism meanwhile ends the wait for slots that return', () => {
  const world = running(2, 3)
  world.rescale(4, 'slots-returned')
  world.rescale(3)
  world.settle()
  assert.deepEqual([world.parallelism, world.isRunningInFull], [3, true])
  assert.equal(world.scheduler.rescale?.cause, 'requested')
})
