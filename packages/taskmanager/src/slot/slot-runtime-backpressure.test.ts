import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collector } from '@millrace/api'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink, SinkGate } from './test-job-test-support.ts'

function* countTo(end: number, onNext: (n: number) => void = () => {}): Generator<number> {
  for (let n = 0; n < end; n++) {
    onNext(n)
    yield n
  }
}

const spillWithoutEnd = (_: string, out: Collector<number>): void => {
  for (let n = 0; ; n++) out.collect(n)
}
const collectUpTo = (end: number, out: Collector<number>): void => {
  for (let n = 0; n < end; n++) out.collect(n)
}
const collectIt = (n: number, out: Collector<number>): void => out.collect(n)
/** Collects by itself, so that what follows must queue up where it is suspended. */
const collectNumbered = (letter: string, out: Collector<string>): void => {
  for (let i = 0; i < 30; i++) out.collect(`${letter}${i}`)
}

for (const slots of [1, 2]) {
  test(`a sink that waits stops the source, in ${slots} slots`, async () => {
    const gate = new SinkGate()
    const results: number[] = []
    let emitted = 0
    const cluster = await SlotCluster.start(
      (env) => {
        env
          .fromSource(new IterableSource(() => countTo(200_000, () => emitted++)), { name: 'n' })
          .setParallelism(1)
          .rebalance()
          .map((n) => n + 1)
          .sinkTo(new ListSink(results, gate), { name: 'list' })
      },
      { slots },
    )
    cluster.deploy()
    await cluster.runUntil(() => results.length > 0)
    gate.shut()
    const emittedAtFirst = emitted
    await cluster.settle()
    const frames = 2 * slots * (4 + 2 + 1)
    const bound = emittedAtFirst + 2048 + 128 + frames * 200
    assert.ok(emitted < bound, `${emitted} records were emitted, bound ${bound}`)
    const before = emitted
    await cluster.settle()
    assert.equal(emitted, before)
    gate.open()
    await cluster.runToEnd()
    assert.equal(results.length, 200_000)
    assert.deepEqual(cluster.checkedCounts(), [200_000])
    await cluster.checkReleased()
  })
}

test('one record that a generator turns into many runs in few frames', async () => {
  let sum = 0
  let count = 0
  let pulled = 0
  let maxFrames = 0
  const items = 400_000
  const sink = new ListSink<number>([])
  sink.records.push = (n) => {
    sum += n
    return ++count
  }
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => ['go']), { name: 'go' })
        .setParallelism(1)
        .flatMap(function* () {
          for (let n = 1; n <= items; n++) {
            pulled = n
            yield n
          }
        })
        .rebalance()
        .sinkTo(sink, { name: 'sum' })
        .setParallelism(2)
    },
    { slots: 2 },
  )
  cluster.deploy()
  await cluster.runUntil(() => pulled > 0)
  await cluster.runUntil(() => {
    const frames = cluster.slots.map(({ runtime }) => runtime.held.frames)
    maxFrames = Math.max(maxFrames, ...frames)
    assert.ok(pulled - count < 10_000, `${pulled - count} records are under way`)
    return cluster.statesOf().every((state) => state === 'FINISHED')
  })
  assert.equal(count, items)
  assert.equal(sum, (items * (items + 1)) / 2)
  assert.ok(maxFrames < 64, `${maxFrames} frames were held`)
  await cluster.checkReleased()
})

test('a function that collects without end is told to return an iterable', async () => {
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => ['go']), { name: 'go' })
        .setParallelism(1)
        .flatMap(spillWithoutEnd, { name: 'spill' })
        .map((n) => n + 1)
        .rebalance()
        .sinkTo(new ListSink([]), { name: 'list' })
        .setParallelism(2)
    },
    { slots: 2, options: { overdraftMaxBytes: 64 * 1024 } },
  )
  cluster.deploy()
  await cluster.runUntil(() => cluster.failures().length > 0)
  const [failure] = cluster.failures()
  assert.equal(failure?.code, 'OVERDRAFT_EXCEEDED')
  assert.equal(failure.blame, 'user')
  assert.match(failure.message, /Operator 'spill'.*Return an iterable \(a generator\)/s)
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

test('collecting into a chain that ends in its slot needs no bound', async () => {
  const results: number[] = []
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => [100_000]), { name: 'end' })
        .flatMap(collectUpTo)
        .flatMap(collectIt)
        .sinkTo(new ListSink(results), { name: 'list' })
        .setParallelism(1)
    },
    { slots: 1, options: { overdraftMaxBytes: 1024 } },
  )
  cluster.deploy()
  await cluster.runToEnd()
  assert.deepEqual(cluster.statesOf(), ['FINISHED'], cluster.describe())
  assert.equal(results.length, 100_000)
})

test('suspended operators go on innermost first, and nothing overtakes', async () => {
  const results: string[] = []
  const gate = new SinkGate()
  const expected = ['a', 'b', 'c'].flatMap((letter) =>
    Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 40 }, (_, j) => `${letter}${i}.${j}`),
    ),
  )
  const cluster = await SlotCluster.start(
    (env) => {
      env.setParallelism(1)
      env
        .fromSource(new IterableSource(() => ['a', 'b', 'c']), { name: 'letters' })
        .flatMap(collectNumbered)
        .flatMap(function* (text) {
          for (let j = 0; j < 40; j++) yield `${text}.${j}`
        })
        .flatMap((text) => [text])
        .partitionCustom({ partition: () => 1 }, (text) => text)
        .sinkTo(new ListSink(results, gate), { name: 'list' })
        .setParallelism(2)
    },
    { slots: 2, options: { frameSizeBytes: 128 } },
  )
  cluster.deploy()
  await cluster.runUntil(() => results.length > 0)
  gate.shut()
  await cluster.settle()
  assert.ok(results.length < 3600)
  gate.open()
  await cluster.runToEnd()
  assert.deepEqual(results, expected.flat())
  assert.deepEqual(cluster.checkedCounts(), [3600])
  await cluster.checkReleased()
})

test('an endless generator does not keep mails from being read', async () => {
  let closed = 0
  const cluster = await SlotCluster.start(
    (env) => {
      env
        .fromSource(new IterableSource(() => ['go']), { name: 'go' })
        .setParallelism(1)
        .flatMap(function* () {
          try {
            for (let n = 0; ; n++) yield n
          } finally {
            closed++
          }
        })
        .filter(() => false)
        .sinkTo(new ListSink([]), { name: 'list' })
        .setParallelism(1)
    },
    { slots: 1 },
  )
  cluster.deploy()
  for (let turn = 0; turn < 3; turn++) {
    cluster.clock.runImmediates()
    await new Promise((resolve) => setImmediate(resolve))
  }
  cluster.cancel()
  await cluster.runToEnd()
  assert.deepEqual(cluster.statesOf(), ['CANCELED'])
  assert.equal(closed, 1)
  await cluster.checkReleased()
})
