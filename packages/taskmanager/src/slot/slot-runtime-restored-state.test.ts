import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type JobFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { ListSink, ReplayableSource } from './test-job-test-support.ts'

interface Counted {
  readonly key: string
  count: number
}

/** Emits the very object that it has given to its state. */
class SharedCount extends KeyedProcessFunction<string, number, Counted> {
  #counted!: ValueState<Counted>

  override open(context: RuntimeContext): void {
    this.#counted = context.getState(new ValueStateDescriptor<Counted>('counted'))
  }

  override processElement(
    _value: number,
    context: KeyedProcessContext<string>,
    out: Collector<Counted>,
  ): void {
    const counted = this.#counted.value() ?? { key: context.getCurrentKey(), count: 0 }
    counted.count++
    this.#counted.update(counted)
    out.collect(counted)
  }
}

/** Says for each key when its timer fires, once. */
class Alarm extends KeyedProcessFunction<string, number, string> {
  override processElement(_value: number, context: KeyedProcessContext<string>): void {
    context.timerService().registerProcessingTimeTimer(1_010_000)
  }

  override onTimer(timestamp: number, context: OnTimerContext<string>, out: Collector<string>) {
    out.collect(`${context.getCurrentKey()} at ${timestamp}`)
  }
}

async function start(build: JobFunction): Promise<{
  readonly cluster: SlotCluster
  readonly driver: CheckpointDriver
}> {
  const cluster = await SlotCluster.start(build, {
    slots: 2,
    checkpointing: 'EXACTLY_ONCE',
    options: { freezeRecords: false },
  })
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  return { cluster, driver }
}

test('a state object that is emitted and changed downstream changes no checkpoint', async () => {
  const counts: [string, number][] = []
  const sink = new ListSink<Counted>([])
  sink.records.push = (counted) => {
    counts.push([counted.key, counted.count])
    counted.count = -1000
    return 0
  }
  const { cluster, driver } = await start((env) => {
    env
      .fromSource(new ReplayableSource(4000, (n) => n), { name: 'numbers' })
      .keyBy((n) => `key ${n % 10}`)
      .process(new SharedCount(), { name: 'count' })
      .sinkTo(sink, { name: 'changing' })
  })
  await cluster.runUntil(() => counts.length > 500)
  const first = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(first))
  await driver.restart()
  await cluster.runToEnd()
  const totals = new Map<string, number>()
  for (const [key, count] of counts) totals.set(key, Math.max(totals.get(key) ?? 0, count))
  assert.deepEqual([...totals.values()], Array(10).fill(800))
  await cluster.checkReleased()
})

test('timers are part of a checkpoint: those that are restored fire, once each', async () => {
  const fired: string[] = []
  // The input does not end: it stops where every key has been seen.
  let last = 0
  const seen = (n: number): number => {
    last = Math.max(last, n)
    return n
  }
  const { cluster, driver } = await start((env) => {
    env
      .fromSource(new ReplayableSource(60, seen, () => (last > 30 ? 0 : 5)), { name: 'numbers' })
      .keyBy((n) => `key ${n % 5}`)
      .process(new Alarm(), { name: 'alarm' })
      .sinkTo(new ListSink(fired), { name: 'fired' })
  })
  await turns(cluster, 40)
  assert.ok(last > 30)
  const first = driver.trigger()
  await turns(cluster, 40)
  assert.ok(driver.isCompleted(first))
  await driver.restart()
  await turns(cluster, 40)
  assert.deepEqual(fired, [])
  cluster.clock.advance(20_000)
  await turns(cluster, 40)
  assert.deepEqual(
    fired.toSorted(),
    ['key 0', 'key 1', 'key 2', 'key 3', 'key 4'].map((key) => `${key} at 1010000`),
  )
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

/** Lets the slots run while time stands still. */
async function turns(cluster: SlotCluster, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    cluster.clock.runImmediates()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
