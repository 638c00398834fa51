import type { KeyedStream, Sink, StreamExecutionEnvironment } from '@millrace/api'
import { compareCounts, compareSeries, type Promised } from './delivery.ts'
import { type JobWorld, type Strike, StrikingMap } from './job-world.ts'
import { type Keyed, KeyedLedger, type LedgerRecord } from './keyed-ledger.ts'
import { type Numbered, NumberingMap } from './numbering-map.ts'
import { OutputSink, PlainSink, type SinkPause } from './output-sink.ts'
import { type Pace, PacedSource } from './paced-source.ts'
import { RuleKeeper, type RuleRecord, ruleStates } from './rule-keeper.ts'

/** What varies from job to job. */
export interface Shape {
  readonly pace: Pace
  readonly sourceParallelism: number
  readonly parallelism: number
  readonly keyCount: number
  readonly isChained: boolean
  /** Operators have no parallelism of their own, and the job gets another one now and then. */
  readonly isRescaled: boolean
  readonly sinkKind: 'two-phase' | 'plain'
  readonly sinkPause: SinkPause
  readonly strike: Strike | undefined
}

/** A shape as the job function sees it. */
export interface BuiltShape extends Omit<Shape, 'sourceParallelism' | 'parallelism'> {
  /** undefined: that of the job. */
  readonly sourceParallelism: number | undefined
  readonly parallelism: number | undefined
}

/** A graph, and what its sinks must hold. */
export interface Topology {
  readonly kind: string
  /** What its sinks must hold does not depend on parallelism. */
  readonly isRescalable?: boolean
  build(env: StreamExecutionEnvironment, world: JobWorld, shape: BuiltShape): void
  /** What is wrong with the result; undefined where nothing is. */
  check(world: JobWorld, shape: Shape, promised: Promised): string | undefined
}

const missingPart = 'a part of the output is missing'
const ruleCount = 20

function sink<T>(world: JobWorld, shape: BuiltShape, name: string): Sink<T, string> {
  return shape.sinkKind === 'plain'
    ? new PlainSink<T>(world.output, name, shape.sinkPause)
    : new OutputSink<T>(world.output, name, shape.sinkPause)
}

/** Records of a sink: all, or those that are there so far. */
function found<T>(
  world: JobWorld,
  shape: Shape,
  name: string,
  promised: Promised,
): T[] | undefined {
  // Which subtasks there were is not known of one that was rescaled.
  const records =
    promised.isWhole && !shape.isRescaled
      ? world.output.recordsOf(name, shape.parallelism)
      : world.output.visibleOf(name)
  return records as T[] | undefined
}

/** How many numbers the source may have emitted; of one without an end no more is known. */
function numberCount({ pace }: Shape, values: readonly number[]): number {
  return pace.isEndless
    ? values.reduce((most, value) => Math.max(most, value + 1), 0)
    : pace.splitCount * pace.recordsPerSplit
}

function wantedNumbers(
  count: number,
  each: number,
  accepts: (value: number) => boolean = () => true,
): Map<number, number> {
  const wanted = new Map<number, number>()
  for (let value = 0; value < count; value++) if (accepts(value)) wanted.set(value, each)
  return wanted
}

/** source → map → keyBy → sum → sink */
const keyedSum: Topology = {
  kind: 'keyed-sum',
  isRescalable: true,
  build: (env, world, shape) => {
    keyed(env, world, shape)
      .sum('value', { name: 'sum', parallelism: shape.parallelism })
      .sinkTo(sink(world, shape, 'sums'), { name: 'sums', parallelism: shape.parallelism })
  },
  check: (world, shape, promised) => {
    if (!promised.isWhole) return undefined
    const records = found<Keyed>(world, shape, 'sums', promised)
    if (records === undefined) return missingPart
    const recordCount = numberCount(shape, [])
    const totals = new Map<string, number>()
    for (let value = 0; value < recordCount; value++) {
      const key = `key-${value % shape.keyCount}`
      totals.set(key, (totals.get(key) ?? 0) + value)
    }
    if (promised.delivery === 'exact' && records.length !== recordCount) {
      return `${records.length} records instead of ${recordCount}`
    }
    const last = new Map<string, number>()
    for (const { key, value } of records) last.set(key, Math.max(last.get(key) ?? 0, value))
    for (const [key, total] of totals) {
      const value = last.get(key) ?? -1
      const isRight = promised.delivery === 'no-loss' ? value >= total : value === total
      if (!isRight) return `${key} is ${value} instead of ${total}`
    }
    return undefined
  },
}

function keyed(
  env: StreamExecutionEnvironment,
  world: JobWorld,
  shape: BuiltShape,
): KeyedStream<Keyed, string> {
  return env
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
}

/** source → map → keyBy → value, list, map and timers of the key → sink */
const ledger: Topology = {
  kind: 'ledger',
  isRescalable: true,
  build: (env, world, shape) => {
    keyed(env, world, shape)
      .process(new KeyedLedger(world), { name: 'ledger', parallelism: shape.parallelism })
      .sinkTo(sink(world, shape, 'entries'), { name: 'entries', parallelism: shape.parallelism })
  },
  check: (world, shape, promised) => ledgerProblem(world, shape, promised, 1),
}

/** `copies`: how often each number comes. */
function ledgerProblem(
  world: JobWorld,
  shape: Shape,
  promised: Promised,
  copies: number,
): string | undefined {
  const records = found<LedgerRecord>(world, shape, 'entries', promised)
  if (records === undefined) return missingPart
  const wrong = records.find(({ problem }) => problem !== '')
  if (wrong !== undefined) return `${wrong.key}: ${wrong.problem}`
  const values = records.filter(({ kind }) => kind === 'entry').map(({ value }) => value)
  const series = records.map(({ key, kind, count }) => [`${kind} of ${key}`, count] as const)
  const wanted = wantedNumbers(numberCount(shape, values), copies)
  return compareSeries(series, promised) ?? compareCounts(values, wanted, promised)
}

/** source → two ways, one of them through other slots → keyBy → state of the key → sink */
const diamond: Topology = {
  kind: 'diamond',
  isRescalable: true,
  build: (env, world, shape) => {
    const { sourceParallelism, parallelism, keyCount } = shape
    const numbers = env.fromSource(new PacedSource(shape.pace), {
      name: 'numbers',
      parallelism: sourceParallelism,
    })
    const keyOf = (value: number): Keyed => ({ key: `key-${value % keyCount}`, value })
    const left = numbers.map(keyOf, { name: 'left', parallelism: sourceParallelism })
    numbers
      .rebalance()
      .map(new StrikingMap(world, shape.strike, keyOf), { name: 'right', parallelism })
      .union(left)
      .keyBy((record) => record.key)
      .process(new KeyedLedger(world), { name: 'ledger', parallelism })
      .sinkTo(sink(world, shape, 'entries'), { name: 'entries', parallelism })
  },
  check: (world, shape, promised) => ledgerProblem(world, shape, promised, 2),
}

/** source → rebalance → map → filter → sink */
const pipeline: Topology = {
  kind: 'pipeline',
  isRescalable: true,
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
  check: (world, shape, promised) => {
    const records = found<number>(world, shape, 'even', promised)
    if (records === undefined) return missingPart
    const count = numberCount(
      shape,
      records.map((value) => value / 3),
    )
    const wanted = wantedNumbers(count * 3, 1, (value) => value % 6 === 0)
    return compareCounts(records, wanted, promised)
  },
}

/** source → rebalance → map with operator state → sink */
const numbering: Topology = {
  kind: 'numbering',
  build: (env, world, shape) => {
    const { parallelism, sourceParallelism } = shape
    env
      .fromSource(new PacedSource(shape.pace), { name: 'numbers', parallelism: sourceParallelism })
      .map(new StrikingMap(world, shape.strike, (value: number) => value), {
        name: 'through',
        parallelism: sourceParallelism,
      })
      .rebalance()
      .map(new NumberingMap(), { name: 'numbering', parallelism })
      .sinkTo(sink(world, shape, 'numbered'), { name: 'numbered', parallelism })
  },
  check: (world, shape, promised) => {
    const records = found<Numbered>(world, shape, 'numbered', promised)
    if (records === undefined) return missingPart
    const values = records.map(({ value }) => value)
    const series = records.map((each) => [`subtask ${each.subtaskIndex}`, each.number] as const)
    const wanted = wantedNumbers(numberCount(shape, values), 1)
    return compareSeries(series, promised) ?? compareCounts(values, wanted, promised)
  },
}

/** Two sources in one stream, to every subtask of the sink; a generator in between. */
const spread: Topology = {
  kind: 'spread',
  build: (env, world, shape) => {
    const { parallelism } = shape
    const paced = env.fromSource(new PacedSource(shape.pace), {
      name: 'numbers',
      parallelism: shape.sourceParallelism,
    })
    env
      .fromSequence(0, 99, { name: 'sequence', parallelism })
      .union(paced)
      .flatMap(
        function* (value) {
          for (let i = 0; i < 3; i++) yield value
        },
        { parallelism },
      )
      .map(new StrikingMap(world, shape.strike, (value: number) => value), { parallelism })
      .broadcast()
      .sinkTo(sink(world, shape, 'all'), { name: 'all', parallelism })
  },
  check: (world, shape, promised) => {
    const records = found<number>(world, shape, 'all', promised)
    if (records === undefined) return missingPart
    const copies = 3 * shape.parallelism
    const wanted = wantedNumbers(numberCount(shape, records), copies)
    for (let value = 0; value < 100; value++) {
      wanted.set(value, (wanted.get(value) ?? 0) + copies)
    }
    return compareCounts(records, wanted, promised)
  },
}

/** Rules to every subtask, which keeps them in broadcast state while elements go through it. */
const rules: Topology = {
  kind: 'rules',
  build: (env, world, shape) => {
    const { parallelism, sourceParallelism } = shape
    const broadcast = env
      .fromSequence(0, ruleCount - 1, { name: 'rules', parallelism: 1 })
      .broadcast(ruleStates)
    env
      .fromSource(new PacedSource(shape.pace), { name: 'numbers', parallelism: sourceParallelism })
      .map(new StrikingMap(world, shape.strike, (value: number) => value), {
        name: 'through',
        parallelism: sourceParallelism,
      })
      .connect(broadcast)
      .process(new RuleKeeper(), { name: 'keeper', parallelism })
      .sinkTo(sink(world, shape, 'ruled'), { name: 'ruled', parallelism })
  },
  check: (world, shape, promised) => {
    const records = found<RuleRecord>(world, shape, 'ruled', promised)
    if (records === undefined) return missingPart
    const elements = records.filter((record) => record.kind === 'element')
    const wrong = elements.find(({ problem }) => problem !== '')
    if (wrong !== undefined) return wrong.problem
    const ruleRecords = records.filter((record) => record.kind === 'rule')
    const values = elements.map(({ value }) => value)
    const wantedRules = wantedNumbers(ruleCount, shape.parallelism)
    return (
      compareSeries(
        ruleRecords.map((each) => [`subtask ${each.subtaskIndex}`, each.count]),
        promised,
      ) ??
      compareCounts(
        ruleRecords.map(({ rule }) => rule),
        wantedRules,
        promised,
      ) ??
      compareCounts(values, wantedNumbers(numberCount(shape, values), 1), promised)
    )
  },
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
  check: (world, shape, promised) => {
    const others = found<number>(world, shape, 'other', promised)
    if (others === undefined) return missingPart
    const wanted = wantedNumbers(501, 1, (value) => value > 0)
    return keyedSum.check(world, shape, promised) ?? compareCounts(others, wanted, promised)
  },
}

/** The first one is the simplest. */
export const topologies: readonly Topology[] = [
  keyedSum,
  ledger,
  ledger,
  diamond,
  pipeline,
  numbering,
  spread,
  rules,
  twoRegions,
]
