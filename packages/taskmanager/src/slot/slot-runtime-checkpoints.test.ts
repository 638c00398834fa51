import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type JobFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { type ClusterOptions, SlotCluster } from './slot-cluster-test-support.ts'
import { ListSink, ReplayableSource, SinkGate } from './test-job-test-support.ts'

interface Counted {
  readonly key: string
  readonly count: number
}

class Count extends KeyedProcessFunction<string, number, Counted> {
  #count!: ValueState<number>
  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }
  override processElement(
    _value: number,
    context: KeyedProcessContext<string>,
    out: Collector<Counted>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    out.collect({ key: context.getCurrentKey(), count })
  }
}

/** Makes a job fail once at a time that the test chooses. */
class Fuse {
  isLit = false
  burn(): void {
    if (!this.isLit) return
    this.isLit = false
    throw new Error('the fuse has burnt')
  }
}

const keyOf = (n: number): string => `key ${n % 10}`

/** The highest count of each key: what the totals are, whatever was repeated. */
function totals(results: readonly Counted[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const { key, count } of results) counts.set(key, Math.max(counts.get(key) ?? 0, count))
  return [...counts].sort()
}

function expectedTotals(count: number): readonly (readonly [string, number])[] {
  return Array.from({ length: 10 }, (_, digit) => [`key ${digit}`, count / 10] as const)
}

async function startCluster(
  build: JobFunction,
  options: ClusterOptions,
): Promise<{ readonly cluster: SlotCluster; readonly driver: CheckpointDriver }> {
  const cluster = await SlotCluster.start(build, { checkpointing: 'EXACTLY_ONCE', ...options })
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
  return { cluster, driver }
}

/** Fails and restarts after some checkpoints, then runs to the end. */
async function runThroughFailures(
  { cluster, driver }: { readonly cluster: SlotCluster; readonly driver: CheckpointDriver },
  fuse: Fuse,
  failures: number,
): Promise<void> {
  driver.isContinuous = true
  driver.trigger()
  for (let failure = 0; failure < failures; failure++) {
    const completed = driver.completed.length
    await cluster.runUntil(() => driver.completed.length >= completed + 2)
    fuse.isLit = true
    await cluster.runUntil(() => cluster.statesOf().includes('FAILED'))
    await driver.restart()
    await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
    driver.trigger()
  }
  await cluster.runToEnd()
}

const perSubtask = 10_000

for (const slots of [1, 2, 3]) {
  for (const perPoll of [() => 128, (subtask: number) => (subtask === 0 ? 128 : 16)]) {
    const speeds = perPoll(1) === 16 ? 'unequal' : 'equal'
    test(`a diamond counts exactly, ${slots} slots, ${speeds} speeds`, async () => {
      const results: Counted[] = []
      const fuse = new Fuse()
      const both = await startCluster(
        (env) => {
          const numbers = env.fromSource(new ReplayableSource(perSubtask, (n) => n, perPoll), {
            name: 'numbers',
          })
          const odd = numbers
            .filter((n) => n % 2 === 1)
            .rebalance()
            .map((n) => n)
          const even = numbers
            .filter((n) => n % 2 === 0)
            .keyBy((n) => n % 7)
            .map((n) => n)
          odd
            .union(even)
            .map((n) => {
              if (n > 100) fuse.burn()
              return n
            })
            .keyBy(keyOf)
            .process(new Count(), { name: 'count' })
            .sinkTo(new ListSink(results), { name: 'list' })
        },
        { slots },
      )
      await runThroughFailures(both, fuse, 3)
      const { cluster } = both
      assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
      assert.deepEqual(totals(results), expectedTotals(perSubtask * slots))
      await cluster.checkReleased()
    })
  }
}

test('at least once loses nothing', async () => {
  const results: Counted[] = []
  const fuse = new Fuse()
  const both = await startCluster(
    (env) => {
      env
        .fromSource(
          new ReplayableSource(
            perSubtask,
            (n) => n,
            (subtask) => 16 + 90 * subtask,
          ),
          {
            name: 'numbers',
          },
        )
        .map((n) => {
          if (n > 100) fuse.burn()
          return n
        })
        .keyBy(keyOf)
        .process(new Count(), { name: 'count' })
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 2, checkpointing: 'AT_LEAST_ONCE' },
  )
  await runThroughFailures(both, fuse, 2)
  const { cluster } = both
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  for (const [, count] of totals(results)) assert.ok(count >= (perSubtask * 2) / 10)
  await cluster.checkReleased()
})

test('a barrier that meets no data completes its checkpoint', async () => {
  const results: number[] = []
  const { cluster, driver } = await startCluster(
    (env) => {
      env
        .fromSource(
          new ReplayableSource(
            10,
            (n) => n,
            () => 0,
          ),
          { name: 'silent' },
        )
        .keyBy((n) => n)
        .map((n) => n)
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 2 },
  )
  const first = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(first))
  assert.equal(results.length, 0)
  for (const { metrics } of driver.acknowledgements) {
    assert.ok(Object.values(metrics).every((value) => value >= 0))
  }
  cluster.cancel()
  await cluster.runToEnd()
  await cluster.checkReleased()
})

test('an iterable that is being pulled ends before the barrier passes', async () => {
  const results: Counted[] = []
  const fuse = new Fuse()
  const both = await startCluster(
    (env) => {
      env
        .fromSource(
          new ReplayableSource(
            20,
            (n) => n,
            () => 1,
          ),
          { name: 'few' },
        )
        .flatMap(function* (n) {
          for (let i = 0; i < 5000; i++) {
            if (n > 5) fuse.burn()
            yield i
          }
        })
        .keyBy(keyOf)
        .process(new Count(), { name: 'count' })
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 2 },
  )
  await runThroughFailures(both, fuse, 1)
  const { cluster } = both
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(totals(results), expectedTotals(2 * 20 * 5000))
  await cluster.checkReleased()
})

/** Two sources into one task, one of which can be stopped. */
function joined(results: Counted[], isStopped: () => boolean, gate?: SinkGate): JobFunction {
  return (env) => {
    const left = env
      .fromSource(new ReplayableSource(perSubtask, (n) => n), { name: 'left' })
      .setParallelism(1)
    const right = env
      .fromSource(
        new ReplayableSource(
          perSubtask,
          (n) => n,
          () => (isStopped() ? 0 : 64),
        ),
        { name: 'right' },
      )
      .setParallelism(1)
      .rebalance()
      .map((n) => n)
    left
      .union(right)
      .keyBy(keyOf)
      .process(new Count(), { name: 'count' })
      .sinkTo(new ListSink(results, gate), { name: 'list' })
  }
}

test('an aborted checkpoint blocks nobody, and the next one completes', async () => {
  const results: Counted[] = []
  const gate = new SinkGate()
  const { cluster, driver } = await startCluster(
    joined(results, () => false, gate),
    { slots: 2 },
  )
  await cluster.runUntil(() => results.length > 100)
  gate.shut()
  const first = driver.trigger()
  await cluster.settle()
  assert.equal(driver.isCompleted(first), false)
  driver.abort(first)
  gate.open()
  const second = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(second))
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(totals(results), expectedTotals(2 * perSubtask))
  await cluster.checkReleased()
})

test('two checkpoints in flight both complete, in order', async () => {
  const results: Counted[] = []
  const { cluster, driver } = await startCluster(
    joined(results, () => false),
    { slots: 2 },
  )
  await cluster.runUntil(() => results.length > 100)
  const first = driver.trigger()
  const second = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(first) && driver.isCompleted(second))
  assert.deepEqual(
    driver.completed.map(({ checkpointId }) => checkpointId),
    [first, second],
  )
  await driver.restart()
  await cluster.runToEnd()
  assert.deepEqual(totals(results), expectedTotals(2 * perSubtask))
  await cluster.checkReleased()
})

test('a write that fails declines its checkpoint, and the next one has everything', async () => {
  const results: Counted[] = []
  const fuse = new Fuse()
  const { cluster, driver } = await startCluster(
    (env) => {
      env
        .fromSource(new ReplayableSource(perSubtask, (n) => n), { name: 'numbers' })
        .map((n) => {
          fuse.burn()
          return n
        })
        .keyBy(keyOf)
        .process(new Count(), { name: 'count' })
        .sinkTo(new ListSink(results), { name: 'list' })
    },
    { slots: 2 },
  )
  await cluster.runUntil(() => results.length > 1000)
  cluster.storage.beforeWrite = () => {
    throw new Error('the disk is full')
  }
  const first = driver.trigger()
  await cluster.runUntil(() => driver.declined.length > 0 && driver.pendingCount === 0)
  assert.equal(driver.isCompleted(first), false)
  assert.match(driver.declined[0]?.failure.message ?? '', /the disk is full/)
  cluster.storage.beforeWrite = () => {}
  const second = driver.trigger()
  await cluster.runUntil(() => driver.isCompleted(second))
  fuse.isLit = true
  await cluster.runUntil(() => cluster.statesOf().includes('FAILED'))
  await driver.restart()
  await cluster.runToEnd()
  assert.deepEqual(totals(results), expectedTotals(2 * perSubtask))
  await cluster.checkReleased()
})

test('a task that is canceled while it writes does not wait for the write', async () => {
  const results: Counted[] = []
  const { cluster, driver } = await startCluster(
    joined(results, () => false),
    { slots: 2 },
  )
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
