import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  DataStream,
  SingleOutputStreamOperator,
  StreamExecutionEnvironment,
} from '@millrace/api'
import { CountingCluster } from './counting-cluster-test-support.ts'
import { ReplayableSource, SinkGate } from './test-job-test-support.ts'

const perSubtask = 10_000

/** `perPoll`: records that a subtask of the source emits at one go. */
function numbersFrom(
  env: StreamExecutionEnvironment,
  perPoll?: (subtask: number) => number,
  { name = 'numbers', count = perSubtask } = {},
): SingleOutputStreamOperator<number> {
  return env.fromSource(new ReplayableSource(count, (n) => n, perPoll), { name })
}

for (const slots of [1, 2, 3]) {
  for (const perPoll of [() => 128, (subtask: number) => (subtask === 0 ? 128 : 16)]) {
    const speeds = perPoll(1) === 16 ? 'unequal' : 'equal'
    test(`a diamond counts exactly, ${slots} slots, ${speeds} speeds`, async () => {
      const counting = await CountingCluster.start(
        (env, fuse) => {
          const numbers = numbersFrom(env, perPoll)
          const odd = numbers
            .filter((n) => n % 2 === 1)
            .rebalance()
            .map((n) => n)
          const even = numbers
            .filter((n) => n % 2 === 0)
            .keyBy((n) => n % 7)
            .map((n) => n)
          return odd.union(even).map((n) => {
            if (n > 100) fuse.burn()
            return n
          })
        },
        { slots },
      )
      await counting.runThroughFailures(3)
      await counting.assertCounted(perSubtask * slots)
    })
  }
}

test('at least once loses nothing', async () => {
  const counting = await CountingCluster.start(
    (env, fuse) =>
      numbersFrom(env, (subtask) => 16 + 90 * subtask).map((n) => {
        if (n > 100) fuse.burn()
        return n
      }),
    { slots: 2, checkpointing: 'AT_LEAST_ONCE' },
  )
  await counting.runThroughFailures(2)
  await counting.assertFinished()
  for (const count of counting.totals.values()) assert.ok(count >= (perSubtask * 2) / 10)
})

test('a barrier that meets no data completes its checkpoint', async () => {
  const counting = await CountingCluster.start((env) => numbersFrom(env, () => 0, { count: 10 }), {
    slots: 2,
  })
  const { cluster, driver, results } = counting
  await counting.untilCompleted(driver.trigger())
  assert.equal(results.length, 0)
  for (const { metrics } of driver.acknowledgements) {
    assert.ok(Object.values(metrics).every((value) => value >= 0))
  }
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

test('an iterable that is being pulled ends before the barrier passes', async () => {
  const counting = await CountingCluster.start(
    (env, fuse) =>
      numbersFrom(env, () => 1, { count: 20 }).flatMap(function* (n) {
        for (let i = 0; i < 5000; i++) {
          if (n > 5) fuse.burn()
          yield i
        }
      }),
    { slots: 2 },
  )
  await counting.runThroughFailures(1)
  await counting.assertCounted(2 * 20 * 5000)
})

/** Two sources into one task, which are read at unequal speeds. */
function joined(env: StreamExecutionEnvironment): DataStream<number> {
  const left = numbersFrom(env, () => 128, { name: 'left' }).setParallelism(1)
  const right = numbersFrom(env, () => 64, { name: 'right' }).setParallelism(1)
  return left.union(right.rebalance().map((n) => n))
}

test('an aborted checkpoint blocks nobody, and the next one completes', async () => {
  const gate = new SinkGate()
  const counting = await CountingCluster.start(joined, { slots: 2 }, gate)
  const { cluster, driver, results } = counting
  await cluster.runUntil(() => results.length > 100)
  gate.shut()
  const first = driver.trigger()
  await cluster.settle()
  assert.equal(driver.isCompleted(first), false)
  driver.abort(first)
  gate.open()
  await counting.untilCompleted(driver.trigger())
  await cluster.runToEnd()
  await counting.assertCounted(2 * perSubtask)
})

test('two checkpoints in flight both complete, in order', async () => {
  const counting = await CountingCluster.start(joined, { slots: 2 })
  const { cluster, driver, results } = counting
  await cluster.runUntil(() => results.length > 100)
  const first = driver.trigger()
  const second = driver.trigger()
  await counting.untilCompleted(first, second)
  assert.deepEqual(
    driver.completed.map(({ checkpointId }) => checkpointId),
    [first, second],
  )
  await driver.restart()
  await cluster.runToEnd()
  await counting.assertCounted(2 * perSubtask)
})

test('a write that fails declines its checkpoint, and the next one has everything', async () => {
  const counting = await CountingCluster.start(
    (env, fuse) =>
      numbersFrom(env).map((n) => {
        fuse.burn()
        return n
      }),
    { slots: 2 },
  )
  const { cluster, driver, results } = counting
  await cluster.runUntil(() => results.length > 1000)
  cluster.storage.beforeWrite = () => {
    throw new Error('the disk is full')
  }
  const first = driver.trigger()
  await cluster.runUntil(() => driver.declined.length > 0 && driver.pendingCount === 0)
  assert.equal(driver.isCompleted(first), false)
  assert.match(driver.declined[0]?.failure.message ?? '', /the disk is full/)
  cluster.storage.beforeWrite = () => {}
  await counting.untilCompleted(driver.trigger())
  await counting.untilFailed()
  await driver.restart()
  await cluster.runToEnd()
  await counting.assertCounted(2 * perSubtask)
})

test('a task that is canceled while it writes does not wait for the write', async () => {
  const { cluster, driver, results } = await CountingCluster.start(joined, { slots: 2 })
  await cluster.runUntil(() => results.length > 100)
  const written = Promise.withResolvers<void>()
  let writes = 0
  cluster.storage.beforeWrite = () => {
    writes++
    return written.promise
  }
  driver.trigger()
  await cluster.runUntil(() => writes > 0)
  cluster.cancel()
  await cluster.runToEnd()
  const held = cluster.slots.map(({ runtime }) => runtime.held.writing)
  assert.equal(Math.max(...held), 1, 'and the slot knows that it writes')
  const reported = driver.acknowledgements.length
  written.resolve()
  await cluster.settle()
  assert.equal(driver.acknowledgements.length, reported)
  await cluster.checkReleased()
})
