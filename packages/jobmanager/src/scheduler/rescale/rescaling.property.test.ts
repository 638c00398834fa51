import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RescaleWorld } from './rescale-world-test-support.ts'

const slotCount = 5

const steps = {
  slots: (world: RescaleWorld) => world.offerSlots(),
  task: (world: RescaleWorld, index: number) => world.advanceTask(index),
  acknowledge: (world: RescaleWorld) => world.acknowledge(),
  store: (world: RescaleWorld) => world.store(),
  'store fails': (world: RescaleWorld) => world.store(false),
  'task fails': (world: RescaleWorld, index: number) => world.failTask(index),
  'slot is lost': (world: RescaleWorld, index: number) => world.loseSlot(index),
  timer: (world: RescaleWorld) => world.fireTimer(),
  shrink: (world: RescaleWorld) => world.shrink(),
  rescale: (world: RescaleWorld, index: number) => {
    const { rescale } = world.scheduler
    const isOver = rescale === undefined || /completed|failed/.test(rescale.state)
    if (isOver) world.rescale(1 + (index % (slotCount + 1)))
  },
} as const

const step = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('slots', 'task', 'acknowledge', 'store') },
    { weight: 3, arbitrary: fc.constantFrom('rescale') },
    {
      weight: 2,
      arbitrary: fc.constantFrom('store fails', 'task fails', 'slot is lost', 'timer', 'shrink'),
    },
  ),
  index: fc.nat({ max: 30 }),
})

test('whatever comes in between, tasks of one graph run at a time, and in the end all of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: slotCount }),
      fc.array(step, { maxLength: 120 }),
      (parallelism, drawn) => {
        const world = new RescaleWorld(parallelism, slotCount)
        for (const { kind, index } of drawn) {
          if (world.scheduler.status === 'FAILED') return
          steps[kind as keyof typeof steps](world, index)
        }
        // A rescale that waits for slots which never come gives up, a checkpoint that is late too.
        for (let i = 0; i < 40 && !isQuiet(world); i++) {
          world.settle()
          if (!isQuiet(world)) world.fireTimer()
        }
        if (world.scheduler.status === 'FAILED') return
        assert.equal(world.scheduler.status, 'RUNNING')
        assert.ok(world.isRunningInFull)
        assert.equal(world.slots.size, world.parallelism)
        assert.equal(world.freeSlotCount, slotCount - world.parallelism)
        const { state = 'completed', failure } = world.scheduler.rescale ?? {}
        assert.match(state, /completed|failed/)
        assert.equal(failure === undefined, state === 'completed')
      },
    ),
    { numRuns: 300 },
  )
})

function isQuiet(world: RescaleWorld): boolean {
  const { status, rescale } = world.scheduler
  if (status === 'FAILED') return true
  const isOver = rescale === undefined || /completed|failed/.test(rescale.state)
  return isOver && world.isRunningInFull && world.slots.size === world.parallelism
}
