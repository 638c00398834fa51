import type { StreamExecutionEnvironment } from '@millrace/api'
import { OutputSink } from './job-output.ts'
import type { JobWorld, Strike } from './job-world.ts'
import { StrikingMap } from './job-world.ts'
import { type Pace, PacedSource } from './paced-source.ts'

/** What varies from job to job. */
export interface Shape {
  readonly pace: Pace
  readonly sourceParallelism: number
  readonly parallelism: number
  readonly keyCount: number
  readonly isChained: boolean
  readonly sinkPause: { readonly everyRecords: number; readonly ms: number }
  readonly strike: Strike | undefined
}

/** A graph, and what its sinks must hold once it is FINISHED. */
export interface Topology {
  readonly kind: string
  build(env: StreamExecutionEnvironment, world: JobWorld, shape: Shape): void
  /** What is wrong with the result; undefined where nothing is. */
  check(world: JobWorld, shape: Shape): string | undefined
  slotCount(shape: Shape): number
}

interface Keyed {
  readonly key: string
  readonly value: number
}

function recordCount({ pace }: Shape): number {
  return pace.splitCount * pace.recordsPerSplit
}

function sink<T>(world: JobWorld, shape: Shape, name: string): OutputSink<T> {
  return new OutputSink<T>(world.output, name, shape.sinkPause)
}

const widest = (shape: Shape): number => Math.max(shape.sourceParallelism, shape.parallelism)

/** source → map → keyBy → sum → sink */
const keyedSum: Topology = {
  kind: 'keyed-sum',
  build: (env, world, shape) => {
    env
      .fromSource(new PacedSource(shape.pace), {
        name: 'numbers',
        parallelism: shape.sourceParallelism,
      })
      .map(
        new StrikingMap(world, shape.strike, (value: number) => ({
          key: `key-${value % shape.keyCount}`,
          value,
        })),
        { name: 'to-record', parallelism: shape.sourceParallelism },
      )
      .keyBy((record) => record.key)
      .sum('value', { name: 'sum', parallelism: shape.parallelism })
      .sinkTo(sink(world, shape, 'sums'), { name: 'sums', parallelism: shape.parallelism })
  },
  check: (world, shape) => {
    const records = world.output.recordsOf('sums', shape.parallelism)
    if (records === undefined) return 'a part of the output is missing'
    const totals = new Map<string, number>()
    for (let value = 0; value < recordCount(shape); value++) {
      const key = `key-${value % shape.keyCount}`
      totals.set(key, (totals.get(key) ?? 0) + value)
    }
    const found = new Map((records as readonly Keyed[]).map(({ key, value }) => [key, value]))
    if (records.length !== recordCount(shape)) {
      return `${records.length} records instead of ${recordCount(shape)}`
    }
    for (const [key, total] of totals) {
      if (found.get(key) !== total) return `${key} is ${found.get(key)} instead of ${total}`
    }
    return undefined
  },
  slotCount: widest,
}

/** source → rebalance → map → filter → sink */
const pipeline: Topology = {
  kind: 'pipeline',
  build: (env, world, shape) => {
    env
      .fromSource(new PacedSource(shape.pace), {
        name: 'numbers',
        parallelism: shape.sourceParallelism,
      })
      .rebalance()
      .map(new StrikingMap(world, shape.strike, (value: number) => value * 3), {
        parallelism: shape.parallelism,
      })
      .filter((value) => value % 2 === 0, { parallelism: shape.parallelism })
      .sinkTo(sink(world, shape, 'even'), { name: 'even', parallelism: shape.parallelism })
  },
  check: (world, shape) => {
    const wanted = Array.from({ length: recordCount(shape) }, (_, i) => i * 3)
    return sameNumbers(
      world.output.recordsOf('even', shape.parallelism),
      wanted.filter((value) => value % 2 === 0),
    )
  },
  slotCount: widest,
}

/** Two sources in one stream, to every subtask of the sink; a generator in between. */
const spread: Topology = {
  kind: 'spread',
  build: (env, world, shape) => {
    const paced = env.fromSource(new PacedSource(shape.pace), {
      name: 'numbers',
      parallelism: shape.sourceParallelism,
    })
    env
      .fromSequence(0, 99, { parallelism: shape.parallelism })
      .union(paced)
      .flatMap(
        function* (value) {
          for (let i = 0; i < 3; i++) yield value
        },
        { parallelism: shape.parallelism },
      )
      .map(new StrikingMap(world, shape.strike, (value: number) => value), {
        parallelism: shape.parallelism,
      })
      .broadcast()
      .sinkTo(sink(world, shape, 'all'), { name: 'all', parallelism: shape.parallelism })
  },
  check: (world, shape) => {
    const numbers = [
      ...Array.from({ length: 100 }, (_, i) => i),
      ...Array.from({ length: recordCount(shape) }, (_, i) => i),
    ]
    const copies = Array.from({ length: 3 * shape.parallelism }, () => numbers).flat()
    return sameNumbers(world.output.recordsOf('all', shape.parallelism), copies)
  },
  slotCount: widest,
}

/** Two parts that have nothing to do with each other: a failure of one must not touch the other. */
const twoRegions: Topology = {
  kind: 'two-regions',
  build: (env, world, shape) => {
    keyedSum.build(env, world, shape)
    env
      .fromSequence(0, 499, { name: 'other-numbers', parallelism: shape.parallelism })
      .map((value) => value + 1, { parallelism: shape.parallelism })
      .sinkTo(sink(world, shape, 'other'), { name: 'other', parallelism: shape.parallelism })
  },
  check: (world, shape) =>
    keyedSum.check(world, shape) ??
    sameNumbers(
      world.output.recordsOf('other', shape.parallelism),
      Array.from({ length: 500 }, (_, i) => i + 1),
    ),
  slotCount: widest,
}

export const topologies: readonly Topology[] = [keyedSum, pipeline, spread, twoRegions]

function sameNumbers(
  found: readonly unknown[] | undefined,
  wanted: readonly number[],
): string | undefined {
  if (found === undefined) return 'a part of the output is missing'
  const ascending = (a: number, b: number): number => a - b
  const sorted = (found as readonly number[]).toSorted(ascending)
  const expected = wanted.toSorted(ascending)
  const at = expected.findIndex((value, index) => sorted[index] !== value)
  if (at >= 0) return `${sorted[at]} instead of ${expected[at]}, ${sorted.length} records in all`
  const isSame = sorted.length === expected.length
  return isSame ? undefined : `${sorted.length} records instead of ${expected.length}`
}
