import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type JobFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
} from '@millrace/api'
import fc from 'fast-check'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { CommittedBatches, ReplayableSource, TwoPhaseSink } from './test-job-test-support.ts'

const perSubtask = 3_000

/** Each source emits its numbers at a pace of its own. */
function copyJob(committed: CommittedBatches<number>): JobFunction {
  return (env) => {
    const numbers = new ReplayableSource(
      perSubtask,
      (n, subtask) => subtask * perSubtask + n,
      (subtask) => 3 + 40 * subtask,
    )
    env
      .fromSource(numbers, { name: 'numbers' })
      .keyBy((n) => n)
      .map((n) => n)
      .rebalance()
      .sinkTo(new TwoPhaseSink(committed), { name: 'committed' })
  }
}

async function start(
  committed: CommittedBatches<number>,
  slots = 2,
  mode: 'EXACTLY_ONCE' | 'AT_LEAST_ONCE' = 'EXACTLY_ONCE',
  unaligned: { readonly unalignedAfterMs?: number } = {},
): Promise<{ readonly cluster: SlotCluster; readonly driver: CheckpointDriver }> {
  const cluster = await SlotCluster.start(copyJob(committed), {
    slots,
    checkpointing: mode,
    ...unaligned,
  })
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
  return { cluster, driver }
}

const numbersOf = (slots: number) => Array.from({ length: slots * perSubtask }, (_, n) => n)

function inOrder(committed: CommittedBatches<number>): readonly number[] {
  return committed.records.toSorted((left, right) => left - right)
}

function assertFinished(cluster: SlotCluster): void {
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
}

test('a job that stops ends with what its savepoint holds, and goes on from there', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await start(committed)
  const stopId = driver.trigger('stop')
  await cluster.runToEnd()
  assertFinished(cluster)
  assert.deepEqual(
    driver.completed.map(({ checkpointId }) => checkpointId),
    [stopId],
  )
  const [sent] = cluster.checkedCounts()
  assert.ok(sent !== undefined && sent > 0 && sent < 2 * perSubtask, `${sent} of all were sent`)
  assert.equal(committed.records.length, sent, 'sinks have committed all that was sent')
  await cluster.checkReleased()
  const snapshots = [...(driver.completed[0]?.snapshots.values() ?? [])]
  assert.ok(
    snapshots.every(({ isFinished }) => !isFinished),
    'nobody was finished',
  )

  await driver.restart()
  await cluster.runToEnd()
  assertFinished(cluster)
  assert.deepEqual(inOrder(committed), numbersOf(2))
})

test('while it is not known how a stop ends nothing moves', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await start(committed)
  driver.isNotifying = false
  const stopId = driver.trigger('stop')
  await cluster.runUntil(() => driver.isCompleted(stopId))
  const recordsIn = () => cluster.slots.map(({ runtime }) => JSON.stringify(runtime.held))
  await cluster.settle()
  const before = recordsIn()
  for (let wait = 0; wait < 10; wait++) {
    cluster.clock.advance(100)
    await cluster.settle()
  }
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['RUNNING']))
  assert.deepEqual(recordsIn(), before)
  assert.deepEqual(committed.records, [])
  driver.notifyLatest()
  await cluster.runToEnd()
  assertFinished(cluster)
  await cluster.checkReleased()
})

test('a stop that is given up leaves no trace', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await start(committed)
  driver.isNotifying = false
  const stopId = driver.trigger('stop')
  await cluster.runUntil(() => driver.isCompleted(stopId))
  driver.completed.pop()
  cluster.command(
    cluster.deployments.map(({ attemptId }) => attemptId),
    (attemptIds) => ({ kind: 'notify-checkpoint-aborted', attemptIds, checkpointId: stopId }),
  )
  driver.isNotifying = true
  await cluster.runToEnd()
  assertFinished(cluster)
  assert.deepEqual(inOrder(committed), numbersOf(2))
  await cluster.checkReleased()
})

test('whatever came before, a stop ends exactly, with tasks that had finished too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('EXACTLY_ONCE' as const, 'AT_LEAST_ONCE' as const),
      fc.constantFrom({}, { unalignedAfterMs: 0 }),
      fc.array(
        fc.record({
          turns: fc.integer({ min: 0, max: 60 }),
          act: fc.constantFrom('checkpoint', 'savepoint', 'give-up', 'stop'),
        }),
        { minLength: 1, maxLength: 6 },
      ),
      async (slots, mode, unaligned, steps) => {
        const committed = new CommittedBatches<number>()
        const { cluster, driver } = await start(
          committed,
          slots,
          mode,
          mode === 'EXACTLY_ONCE' ? unaligned : {},
        )
        let stops = 0
        for (const { turns, act } of steps) {
          for (let turn = 0; turn < turns; turn++) {
            cluster.clock.runImmediates()
            await new Promise((resolve) => setImmediate(resolve))
          }
          if (cluster.statesOf().every((state) => state === 'FINISHED')) break
          if (driver.pendingCount > 0 && act !== 'stop') {
            await cluster.runUntil(() => driver.pendingCount === 0)
          }
          if (act === 'checkpoint' || act === 'savepoint') {
            driver.trigger(act)
          } else if (act === 'give-up') {
            driver.trigger('stop')
            driver.abortOldest()
          } else {
            stops++
            driver.trigger('stop')
            await cluster.runToEnd()
            assertFinished(cluster)
            await driver.restart()
            await cluster.runUntil(() =>
              cluster.statesOf().every((state) => state === 'RUNNING' || state === 'FINISHED'),
            )
          }
        }
        await cluster.runToEnd()
        assertFinished(cluster)
        await cluster.checkReleased()
        assert.deepEqual(inOrder(committed), numbersOf(slots), `after ${stops} stops`)
      },
    ),
    { numRuns: 25 },
  )
})

test('a job that is drained ends as if its input had ended', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await start(committed)
  driver.drain()
  await cluster.runToEnd()
  assertFinished(cluster)
  const [final] = driver.completed
  assert.equal(driver.completed.length, 1)
  assert.ok([...(final?.snapshots.values() ?? [])].every(({ isFinished }) => isFinished))
  const [sent] = cluster.checkedCounts()
  assert.ok(sent !== undefined && sent < 2 * perSubtask, `${sent} of all were sent`)
  assert.equal(committed.records.length, sent)
  await cluster.checkReleased()
})

/** Sets a timer for each key, which fires a second later. */
class Alarm extends KeyedProcessFunction<number, number, number> {
  override processElement(_n: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 1_000)
  }

  override onTimer(_at: number, context: OnTimerContext<number>, out: Collector<number>): void {
    out.collect(context.getCurrentKey())
  }
}

test('timers that fall due at a stop fire only where the job goes on', async () => {
  const committed = new CommittedBatches<number>()
  let emitted = 0
  const keyAt = (position: number): number => {
    emitted = Math.max(emitted, position)
    return Math.min(position, 5)
  }
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new ReplayableSource(2_000, keyAt, () => 1), { name: 'numbers' })
        .keyBy((n) => n)
        .process(new Alarm(), { name: 'alarm' })
        .sinkTo(new TwoPhaseSink(committed), { name: 'committed' })
    },
    { slots: 2, checkpointing: 'EXACTLY_ONCE' },
  )
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  await cluster.runUntil(() => emitted > 10)
  driver.isNotifying = false
  const stopId = driver.trigger('stop')
  await cluster.runUntil(() => driver.isCompleted(stopId))
  cluster.clock.advance(10_000)
  await cluster.settle()
  driver.notifyLatest()
  await cluster.runToEnd()
  assertFinished(cluster)
  assert.deepEqual(committed.records, [])
  const isDropped = cluster.events.some(
    (event) => event.kind === 'log' && event.event === 'timers dropped at the end of input',
  )
  assert.equal(isDropped, false)

  await driver.restart()
  await cluster.runToEnd()
  assertFinished(cluster)
  assert.deepEqual(inOrder(committed).slice(0, 5), [0, 1, 2, 3, 4])
})
