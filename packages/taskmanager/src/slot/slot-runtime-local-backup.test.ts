import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { ListSink, ReplayableSource } from './test-job-test-support.ts'

class Count extends KeyedProcessFunction<number, number, readonly [number, number]> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }

  override processElement(
    _value: number,
    context: KeyedProcessContext<number>,
    out: Collector<readonly [number, number]>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    out.collect([context.getCurrentKey(), count])
  }
}

/** A job that counts 8000 numbers by 10 keys and has one complete checkpoint; it is stopped. */
async function stopped(isBackedUpLocally: boolean) {
  const results: (readonly [number, number])[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new ReplayableSource(4000, (n) => n), { name: 'numbers' })
        .keyBy((n) => n % 10)
        .process(new Count(), { name: 'count' })
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 2, checkpointing: 'EXACTLY_ONCE', isBackedUpLocally },
  )
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  await cluster.runUntil(() => results.length > 500)
  const first = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(first))
  return { cluster, driver, results }
}

function logged(cluster: SlotCluster, event: string): readonly Record<string, unknown>[] {
  return cluster.events.flatMap((each) =>
    each.kind === 'log' && each.event === event ? [each.fields as Record<string, unknown>] : [],
  )
}

function sumOf(fields: readonly Record<string, unknown>[], name: string): number {
  return fields.reduce((sum, each) => sum + Number(each[name]), 0)
}

function assertExact(results: readonly (readonly [number, number])[]): void {
  const totals = new Map<number, number>()
  for (const [key, count] of results) totals.set(key, Math.max(totals.get(key) ?? 0, count))
  assert.deepEqual([...totals.values()], Array(10).fill(800))
}

test('state is restored from the local copies, without a read of checkpoint storage', async () => {
  const { cluster, driver, results } = await stopped(true)
  assert.ok(cluster.localFiles.files.size > 0)
  cluster.storage.read = async (name) => {
    throw new Error(`${name} was read from checkpoint storage`)
  }
  await driver.restart()
  await cluster.runToEnd()
  assertExact(results)
  const restored = logged(cluster, 'state restored')
  assert.ok(sumOf(restored, 'localBytes') > 0)
  assert.equal(sumOf(restored, 'remoteBytes'), 0)
  await cluster.checkReleased()
})

test('a damaged and a missing local copy are read from checkpoint storage, and it is said', async () => {
  const { cluster, driver, results } = await stopped(true)
  const { files } = cluster.localFiles
  const [damaged, missing] = [...files.keys()]
  assert.ok(damaged !== undefined && missing !== undefined)
  files.get(damaged)?.fill(7)
  files.delete(missing)
  await driver.restart()
  await cluster.runToEnd()
  assertExact(results)
  const warned = logged(cluster, 'local copy is damaged, checkpoint storage is read')
  assert.deepEqual(
    warned.map(({ path }) => path),
    [damaged],
  )
  assert.ok(sumOf(logged(cluster, 'state restored'), 'remoteFiles') >= 2)
})

test('without local copies nothing is written to the local disk', async () => {
  const { cluster, driver, results } = await stopped(false)
  assert.equal(cluster.localFiles.files.size, 0)
  await driver.restart()
  await cluster.runToEnd()
  assertExact(results)
  assert.equal(sumOf(logged(cluster, 'state restored'), 'localBytes'), 0)
})

test('a task that is canceled during its restore does not wait for storage to answer', async () => {
  const { cluster, driver, results } = await stopped(false)
  const read = cluster.storage.read.bind(cluster.storage)
  let readCount = 0
  cluster.storage.read = () => {
    readCount++
    return new Promise(() => {})
  }
  await driver.restart()
  await cluster.runUntil(() => readCount > 0)
  cluster.cancel()
  await cluster.runToEnd()
  assert.ok(cluster.statesOf().every((state) => state === 'CANCELED'))
  await cluster.checkReleased()
  cluster.storage.read = read
  await driver.restart()
  await cluster.runToEnd()
  assertExact(results)
})
