import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  Collector,
  DataStream,
  SingleOutputStreamOperator,
  StreamExecutionEnvironment,
} from '@millrace/api'
import { CountingCluster } from './counting-cluster-test-support.ts'
import { ReplayableSource, SinkGate } from './test-job-test-support.ts'

const perSubtask = 10_000

function numbersFrom(
  env: StreamExecutionEnvironment,
  { name = 'numbers', count = perSubtask } = {},
): SingleOutputStreamOperator<number> {
  return env.fromSource(new ReplayableSource(count, (n) => n), { name })
}

type NumbersOf = (env: StreamExecutionEnvironment) => DataStream<number>

const dealt: NumbersOf = (env) =>
  numbersFrom(env)
    .rebalance()
    .map((n) => n)

/** Its sink takes nothing any more: every queue up to the sources is full. */
async function stopped(
  slots: number,
  unalignedAfterMs: number | undefined,
  numbersOf: NumbersOf = dealt,
  frameSizeBytes = 1024,
) {
  const gate = new SinkGate()
  const unaligned = unalignedAfterMs === undefined ? {} : { unalignedAfterMs }
  const options = { slots, options: { frameSizeBytes }, ...unaligned }
  const counting = await CountingCluster.start(numbersOf, options, gate)
  const { cluster, results } = counting
  await cluster.runUntil(() => results.length > 300)
  gate.shut()
  await cluster.settle()
  return { gate, counting }
}

for (const slots of [2, 3]) {
  test(`an unaligned checkpoint overtakes what waits, in ${slots} slots`, async () => {
    const { gate, counting } = await stopped(slots, 0)
    const { cluster, driver, results } = counting
    const before = results.length
    const first = driver.trigger()
    await cluster.settle()
    assert.ok(driver.isCompleted(first), 'while the sink takes nothing')
    assert.ok(results.length < before + 10)
    const persisted = driver.acknowledgements.map(({ metrics }) => metrics.persistedBytes)
    assert.ok(persisted.reduce((sum, bytes) => sum + bytes) > 1000)
    await driver.restart()
    gate.open()
    await cluster.runToEnd()
    cluster.checkedCounts()
    await counting.assertCounted(perSubtask * slots)
  })
}

/** One record after the other is collected, whether or not there is room. */
const collectCopies = (n: number, out: Collector<number>): void => {
  for (let copy = 0; copy < 10; copy++) out.collect(n)
}
const collected: NumbersOf = (env) =>
  numbersFrom(env)
    .rebalance()
    .flatMap(collectCopies)
    .keyBy((n) => n % 5)
    .map((n) => n)

for (const unalignedAfterMs of [0, 1000]) {
  test(`what waits in chains and slots is overtaken, after ${unalignedAfterMs} ms`, async () => {
    const { gate, counting } = await stopped(2, unalignedAfterMs, collected, 100)
    const { cluster, driver } = counting
    const first = driver.trigger()
    await cluster.settle()
    cluster.clock.advance(1000)
    await cluster.settle()
    assert.ok(driver.isCompleted(first), 'while the sink takes nothing')
    await driver.restart()
    gate.open()
    await cluster.runToEnd()
    cluster.checkedCounts()
    await counting.assertCounted(perSubtask * 2 * 10)
  })
}

test('an aligned one waits for the sink', async () => {
  const { gate, counting } = await stopped(2, undefined)
  const { cluster, driver } = counting
  const first = driver.trigger()
  await cluster.settle()
  assert.equal(driver.isCompleted(first), false)
  gate.open()
  await counting.untilCompleted(first)
  const persisted = driver.acknowledgements.map(({ metrics }) => metrics.persistedBytes)
  assert.deepEqual(new Set(persisted), new Set([0]))
  await cluster.runToEnd()
  await counting.assertCounted(perSubtask * 2)
})

for (const slots of [2, 3]) {
  test(`an aligned one becomes unaligned after its time, in ${slots} slots`, async () => {
    const { gate, counting } = await stopped(slots, 1000)
    const { cluster, driver } = counting
    const first = driver.trigger()
    await cluster.settle()
    assert.equal(driver.isCompleted(first), false)
    cluster.clock.advance(999)
    await cluster.settle()
    assert.equal(driver.isCompleted(first), false)
    cluster.clock.advance(1)
    await cluster.settle()
    assert.ok(driver.isCompleted(first), 'while the sink takes nothing')
    await driver.restart()
    gate.open()
    await cluster.runToEnd()
    cluster.checkedCounts()
    await counting.assertCounted(perSubtask * slots)
  })
}

test('one taken while records are recovered has those that are left', async () => {
  const { gate, counting } = await stopped(2, 0)
  const { cluster, driver } = counting
  driver.trigger()
  await cluster.settle()
  await driver.restart()
  await counting.untilRunning()
  await cluster.settle()
  const second = driver.trigger()
  await cluster.settle()
  assert.ok(driver.isCompleted(second))
  await driver.restart()
  gate.open()
  await cluster.runToEnd()
  await counting.assertCounted(perSubtask * 2)
})
