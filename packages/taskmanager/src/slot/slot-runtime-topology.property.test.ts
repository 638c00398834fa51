import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Collector,
  type DataStream,
  type JobFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import fc from 'fast-check'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { IterableSource, ListSink, SinkGate } from './test-job-test-support.ts'

/** For each key, the records it has had so far: the same outputs in whatever order they come. */
class CountPerKey extends KeyedProcessFunction<unknown, number, number> {
  #count: ValueState<number> | undefined
  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'))
  }
  override processElement(
    value: number,
    _context: KeyedProcessContext<unknown>,
    out: Collector<number>,
  ): void {
    const count = (this.#count?.value() ?? 0) + 1
    this.#count?.update(count)
    out.collect(keyNumber(value) * 100_000 + count)
  }
}

const keyNumber = (value: number): number => Math.abs(value) % 13
const keys: Readonly<Record<string, (value: number) => unknown>> = {
  number: keyNumber,
  text: (value) => `a key of more than a few letters ${keyNumber(value)}`,
  object: (value) => ({ of: [keyNumber(value)], odd: keyNumber(value) % 2 === 1 }),
}

function countPerKey(values: readonly number[]): readonly number[] {
  const counts = new Map<number, number>()
  return values.map((value) => {
    const key = keyNumber(value)
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return key * 100_000 + count
  })
}

const collectTwice = (value: number, out: Collector<number>): void => {
  out.collect(value)
  out.collect(0 - value)
}

type Stream = DataStream<number>
interface Step {
  readonly apply: (stream: Stream, name: string) => Stream
  readonly model: (values: readonly number[], parallelism: number) => readonly number[]
}

const same = (values: readonly number[]): readonly number[] => values
const steps: Readonly<Record<string, Step>> = {
  map: {
    apply: (stream) => stream.map((n) => n * 3 + 1),
    model: (values) => values.map((n) => n * 3 + 1),
  },
  filter: {
    apply: (stream) => stream.filter((n) => n % 3 !== 0),
    model: (values) => values.filter((n) => n % 3 !== 0),
  },
  generate: {
    apply: (stream) =>
      stream.flatMap(function* (n) {
        for (let i = 0; i < Math.abs(n) % 5; i++) yield n + i
      }),
    model: (values) =>
      values.flatMap((n) => Array.from({ length: Math.abs(n) % 5 }, (_, i) => n + i)),
  },
  collect: {
    apply: (stream) => stream.flatMap(collectTwice),
    model: (values) => values.flatMap((n) => [n, 0 - n]),
  },
  list: {
    apply: (stream) => stream.flatMap((n) => (n % 2 === 0 ? [n, n] : [])),
    model: (values) => values.flatMap((n) => (n % 2 === 0 ? [n, n] : [])),
  },
  ...Object.fromEntries(
    Object.entries(keys).map(([kind, keyOf]): [string, Step] => [
      `count by ${kind}`,
      {
        apply: (stream, name) => stream.keyBy(keyOf).process(new CountPerKey(), { name }),
        model: countPerKey,
      },
    ]),
  ),
  rebalance: { apply: (stream) => stream.rebalance().map((n) => n), model: same },
  rescale: { apply: (stream) => stream.rescale().map((n) => n), model: same },
  shuffle: { apply: (stream) => stream.shuffle().map((n) => n), model: same },
  global: { apply: (stream) => stream.global().map((n) => n), model: same },
  custom: {
    apply: (stream) =>
      stream
        .partitionCustom({ partition: (key: number, count) => key % count }, keyNumber)
        .map((n) => n),
    model: same,
  },
  broadcast: {
    apply: (stream) => stream.broadcast().map((n) => n),
    model: (values, parallelism) => Array.from({ length: parallelism }, () => values).flat(),
  },
  newChain: { apply: (stream) => stream.map((n) => n).startNewChain(), model: same },
  union: {
    apply: (stream) => stream.union(stream.map((n) => n + 7)),
    model: (values) => [...values, ...values.map((n) => n + 7)],
  },
  connect: {
    apply: (stream) =>
      stream
        .connect(stream.filter((n) => n % 2 === 0))
        .map({ map1: (n: number) => n + 1, map2: (n: number) => n - 1 }),
    model: (values) => [
      ...values.map((n) => n + 1),
      ...values.filter((n) => n % 2 === 0).map((n) => n - 1),
    ],
  },
}

const recordCount = 40

function jobOf(names: readonly string[], results: number[], gate: SinkGate): JobFunction {
  return (env) => {
    let stream: Stream = env.fromSource(
      new IterableSource((subtask) =>
        Array.from({ length: recordCount }, (_, i) => subtask * recordCount + i),
      ),
      { name: 'numbers' },
    )
    for (const [index, name] of names.entries()) {
      stream = (steps[name] as Step).apply(stream, `step ${index}`)
    }
    stream.sinkTo(new ListSink(results, gate), { name: 'list' })
  }
}

function expectedOf(names: readonly string[], slots: number): readonly number[] {
  let values: readonly number[] = Array.from({ length: slots * recordCount }, (_, i) => i)
  for (const name of names) values = (steps[name] as Step).model(values, slots)
  return values
}

test('any topology gives what it would in one loop, with frames and credits of any size', async () => {
  const names = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 6 })
  const limits = fc.record({
    slots: fc.integer({ min: 1, max: 4 }),
    frameSizeBytes: fc.integer({ min: 64, max: 2048 }),
    creditsPerChannel: fc.integer({ min: 1, max: 5 }),
    pieceBytes: fc.integer({ min: 1, max: 4096 }),
    bufferTimeoutMs: fc.constantFrom(-1, 0, 5),
  })
  const pauses = fc.array(fc.nat({ max: 30 }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(
      names,
      limits,
      pauses,
      async (chosen, { slots, pieceBytes, ...limits }, turns) => {
        const expected = expectedOf(chosen, slots)
        fc.pre(expected.length < 6000)
        const results: number[] = []
        const gate = new SinkGate()
        const cluster = await SlotCluster.start(jobOf(chosen, results, gate), {
          slots,
          pieceBytes,
          options: limits,
        })
        cluster.deploy()
        for (const [index, count] of turns.entries()) {
          if (index % 2 === 0) gate.shut()
          else gate.open()
          for (let turn = 0; turn < count; turn++) {
            cluster.clock.runImmediates()
            await Promise.resolve()
          }
        }
        gate.open()
        await cluster.runToEnd()
        assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
        cluster.checkedCounts()
        const sorted = (values: readonly number[]) => values.toSorted((one, other) => one - other)
        assert.deepEqual(sorted(results), sorted(expected))
        await cluster.checkReleased()
        cluster.close()
      },
    ),
    { numRuns: 150 },
  )
})
