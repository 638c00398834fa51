import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type Emitted,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink, SinkGate } from './test-job-test-support.ts'
import { clusterWith, finish, OpenSource } from './timer-cluster-test-support.ts'

type Setting = readonly [key: string, afterMs: number]

/** Sets a timer for each record, and emits key, time since the start and count when it fires. */
class Alarm extends KeyedProcessFunction<string, Setting, unknown> {
  readonly #startMs: () => number
  #count!: ValueState<number>

  constructor(startMs: () => number) {
    super()
    this.#startMs = startMs
  }

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }

  override processElement([, afterMs]: Setting, context: KeyedProcessContext<string>): void {
    const timers = context.timerService()
    this.#count.update((this.#count.value() ?? 0) + 1)
    if (afterMs < 0) timers.deleteProcessingTimeTimer(this.#startMs() - afterMs)
    else timers.registerProcessingTimeTimer(this.#startMs() + afterMs)
  }

  override onTimer(
    timestamp: number,
    context: OnTimerContext<string>,
    out: Collector<unknown>,
  ): Emitted<unknown> {
    assert.equal(context.timeDomain(), 'processing-time')
    assert.equal(context.timestamp(), timestamp)
    assert.ok(context.timerService().currentProcessingTime() > timestamp)
    out.collect([context.getCurrentKey(), timestamp - this.#startMs(), this.#count.value()])
  }
}

const settings: readonly Setting[] = [
  ['a', 30],
  ['b', 10],
  ['a', 20],
  ['a', 30],
  ['b', 40],
  ['b', -40],
  ['c', 10],
]

test('timers fire in order of time, once each, with the state of their key', async () => {
  const { cluster, source, results } = await clusterWith(
    settings,
    ([key]) => key,
    (startMs) => new Alarm(startMs),
  )
  cluster.clock.advance(10)
  await cluster.settle()
  assert.deepEqual(results, [], 'a timer fires only when its millisecond has passed')
  cluster.clock.advance(1)
  await cluster.settle()
  assert.deepEqual(results.splice(0), [
    ['b', 10, 3],
    ['c', 10, 1],
  ])
  cluster.clock.advance(1000)
  await cluster.settle()
  assert.deepEqual(results, [
    ['a', 20, 3],
    ['a', 30, 3],
  ])
  await finish(cluster, source)
})

test('at the end of input what is due has fired; later timers are dropped, and said', async () => {
  const { cluster, source, results } = await clusterWith(
    settings,
    ([key]) => key,
    (startMs) => new Alarm(startMs),
  )
  cluster.clock.advance(21)
  await finish(cluster, source)
  assert.deepEqual(
    results.map((result) => (result as Setting)[0]),
    ['b', 'c', 'a'],
  )
  const dropped = cluster.events.filter(
    (event) => event.kind === 'log' && event.event === 'timers dropped at the end of input',
  )
  assert.equal(dropped.length, 1)
})

class Burst extends KeyedProcessFunction<number, number, unknown> {
  fired = 0
  readonly #pulled: number

  constructor(pulled = 0) {
    super()
    this.#pulled = pulled
  }

  override processElement(count: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    for (let n = 1; n <= count; n++) {
      timers.registerProcessingTimeTimer(timers.currentProcessingTime() + n)
    }
  }

  override *onTimer(timestamp: number): Generator<unknown> {
    this.fired++
    yield timestamp
    for (let n = 0; n < this.#pulled; n++) yield n
  }
}

/** Collects, so that only the firing of the next timer can wait. */
class Collecting extends KeyedProcessFunction<number, number, unknown> {
  fired = 0

  override processElement(count: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    const nowMs = timers.currentProcessingTime()
    for (let n = 1; n <= count; n++) timers.registerProcessingTimeTimer(nowMs + n)
  }

  override onTimer(timestamp: number, _: unknown, out: Collector<unknown>): void {
    this.fired++
    out.collect(`${timestamp} ${'x'.repeat(1000)}`)
  }
}

for (const slots of [1, 2]) {
  test(`full frames stop the firing of timers, in ${slots} slots`, async () => {
    const gate = new SinkGate()
    const burst = new Collecting()
    const [results, source] = [[] as unknown[], new OpenSource([20_000])]
    results.push = (record) => {
      if (results.length === 1000) gate.shut()
      results[results.length] = Number.parseInt(String(record), 10)
      return results.length
    }
    const cluster = await SlotCluster.start(
      (env) => {
        env
          .fromSource(source, { name: 'open', parallelism: 1 })
          .keyBy(() => 0)
          .process(burst, { name: 'timed', parallelism: 1 })
          .rebalance()
          .sinkTo(new ListSink(results, gate), { name: 'list' })
      },
      { slots, options: { overdraftMaxBytes: 16_384 } },
    )
    cluster.deploy()
    await cluster.settle()
    cluster.clock.advance(20_001)
    await cluster.settle()
    const atFirst = burst.fired
    assert.ok(atFirst > 1000 && atFirst < 3000, `${atFirst} timers fired`)
    await cluster.settle()
    assert.equal(burst.fired, atFirst)
    gate.open()
    await cluster.runUntil(() => results.length === 20_000)
    assert.equal(new Set(results).size, 20_000)
    await finish(cluster, source)
  })
}

test('a full output stops the firing of timers, and all of them fire once it is free', async () => {
  const gate = new SinkGate()
  const burst = new Burst()
  const { cluster, source, results } = await clusterWith(
    [100_000],
    () => 0,
    () => burst,
    gate,
  )
  gate.shut()
  cluster.clock.advance(100_001)
  await cluster.settle()
  const atFirst = burst.fired
  assert.ok(atFirst < 5000, `${atFirst} timers fired`)
  await cluster.settle()
  assert.equal(burst.fired, atFirst)
  gate.open()
  await cluster.runUntil(() => results.length === 100_000)
  const start = results[0] as number
  assert.deepEqual(
    results,
    Array.from({ length: 100_000 }, (_, n) => start + n),
  )
  await finish(cluster, source)
})

test('what onTimer returns is pulled before the next timer fires', async () => {
  const burst = new Burst(20_000)
  const { cluster, source, results } = await clusterWith(
    [3],
    () => 0,
    () => burst,
  )
  cluster.clock.advance(10)
  await cluster.runUntil(() => results.length === 3 * 20_001)
  const start = results[0] as number
  const places = [start, start + 1, start + 2].map((ms) => results.indexOf(ms))
  assert.deepEqual(places, [0, 20_001, 40_002])
  await finish(cluster, source)
})

test('a million timers that are due at once do not hold back a cancellation', async () => {
  const burst = new Burst()
  const { cluster } = await clusterWith(
    [1_000_000],
    () => 0,
    () => burst,
  )
  cluster.clock.advance(1_000_001)
  cluster.clock.runImmediates()
  cluster.cancel()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['CANCELED']), cluster.describe())
  assert.ok(burst.fired > 0 && burst.fired < 200_000, `${burst.fired} timers fired`)
  await cluster.checkReleased()
})

test('a timer that sets itself again fires again, between records', async () => {
  class Ticker extends KeyedProcessFunction<number, number, number> {
    override processElement(value: number, context: KeyedProcessContext<number>): void {
      const timers = context.timerService()
      timers.registerProcessingTimeTimer(timers.currentProcessingTime() + value)
    }
    override onTimer(at: number, context: OnTimerContext<number>): Emitted<number> {
      context.timerService().registerProcessingTimeTimer(at + 10)
      return [at]
    }
  }
  const { cluster, source, results } = await clusterWith(
    [10],
    () => 0,
    () => new Ticker(),
  )
  for (let n = 0; n < 5; n++) {
    cluster.clock.advance(10)
    await cluster.settle()
  }
  cluster.clock.advance(1)
  await cluster.settle()
  const [first] = results as number[]
  assert.ok(first !== undefined)
  assert.deepEqual(
    results,
    [0, 10, 20, 30, 40].map((ms) => first + ms),
  )
  await finish(cluster, source)
})
class Overdue extends KeyedProcessFunction<number, number, number> {
  override processElement(_: number, context: KeyedProcessContext<number>): void {
    for (let n = 0; n < 100_000; n++) context.timerService().registerProcessingTimeTimer(-n)
  }
  override *onTimer(timestamp: number): Generator<number> {
    yield timestamp
  }
}

test('more timers than one turn can fire, due at the end of input, all fire', async () => {
  const results: number[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'one' })
        .keyBy((n) => n)
        .process(new Overdue(), { name: 'timed' })
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.equal(results.length, 100_000)
  assert.deepEqual(
    results,
    Array.from({ length: 100_000 }, (_, n) => n - 99_999),
  )
  await cluster.checkReleased()
})

test('a function that follows is blamed for its own error, not onTimer', async () => {
  const fail = (): never => {
    throw new Error('no luck')
  }
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [1]), { name: 'one' })
        .keyBy((n) => n)
        .process(new Overdue(), { name: 'timed' })
        .map(fail)
        .name('mapped')
        .sinkTo(new ListSink([]), { name: 'list' })
    },
    { slots: 1 },
  )
  cluster.deploy()
  await cluster.runUntil(() => cluster.failures().length > 0)
  const [failure] = cluster.failures()
  assert.match(
    failure?.message ?? '',
    /^Operator 'mapped' \(subtask 1 of 1\) failed: Error: no luck/,
  )
  cluster.close()
})
