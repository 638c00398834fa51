import { defineJob, type JobDefinition } from '@millrace/api'
import { MillraceError, type Random, randomBelow } from '@millrace/core'
import type { Delivery } from './delivery.ts'
import type { JobWorld, Strike } from './job-world.ts'
import { type Shape, type Topology, topologies } from './topologies.ts'

/** How a job must end, if nobody cancels it and the JobManager does not die under it. */
export type Expectation =
  | { readonly end: 'FINISHED' }
  /** Too little may be left of its restarts. */
  | { readonly end: 'FINISHED-or-FAILED' }
  | { readonly end: 'FAILED'; readonly code: string }
  | { readonly end: 'rejected'; readonly code: string }
  /** Runs until it is canceled. */
  | { readonly end: 'RUNNING' }
  /** May hang for ever in code of its own. */
  | { readonly end: 'any' }

/** One job of a scenario: its module, what it is submitted with, and how it must end. */
export interface SimulatedJob {
  readonly name: string
  readonly expectation: Expectation
  readonly config: Readonly<Record<string, string>>
  /** Its parallelism may be changed while it runs. */
  readonly isRescaled: boolean
  /** Called for every import of the module, and throws what the import throws. */
  evaluate(world: JobWorld): JobDefinition
  /**
   * What is wrong with the output: of the FINISHED job (`isWhole`), or of one that ended before,
   * as far as there is any.
   */
  check(world: JobWorld, isWhole: boolean): string | undefined
}

export function isCheckpointed({ config }: SimulatedJob): boolean {
  return config['execution.checkpointing.interval'] !== undefined
}

/** Every job's checkpoints lie below it. */
export const checkpointDirectory = '/checkpoints'

/** Users' savepoints lie below it, on the same disk. */
export const savepointDirectory = '/savepoints'

/** What a module says that cannot be imported. */
export const moduleError = 'a simulated error at the top level of a module'

/** What a source with one reader takes at most. */
const boundedMsMax = 30_000

const quickRestarts = {
  'restart-strategy.type': 'exponential-delay',
  'restart-strategy.exponential-delay.initial-backoff': '50 ms',
  'restart-strategy.exponential-delay.max-backoff': '2 s',
  'slot.request.timeout': '30 min',
}

/** Draws a job for a cluster with so many slots. `isRescaling`: jobs are rescaled, where it goes. */
export function randomJob(
  random: Random,
  index: number,
  slotCount: number,
  isRescaling: boolean,
): SimulatedJob {
  const dice = randomBelow(random, 100)
  if (dice < 6) return importThrows(`job-${index}-import-throws`)
  if (dice < 12) return graphDiffers(random, index)
  if (dice < 18) return tooWide(random, index, slotCount)
  const topology = pick(random, topologies)
  const isEndless = dice < 30
  const strike = randomBelow(random, 100) < 35 ? randomStrike(random) : undefined
  const shape = randomShape(random, slotCount, { isEndless, strike })
  const isBlocked = strike?.act === 'blocked'
  const isLimited = !isEndless && !isBlocked && randomBelow(random, 100) < 15
  const restarts = isLimited ? limitedRestarts(random) : quickRestarts
  const checkpoints = randomCheckpoints(random, isEndless)
  const config: SimulatedJob['config'] = { ...restarts, ...checkpoints }
  const expectation: Expectation = isBlocked
    ? { end: 'any' }
    : isLimited
      ? { end: 'FINISHED-or-FAILED' }
      : { end: isEndless ? 'RUNNING' : 'FINISHED' }
  const name = `job-${index}-${topology.kind}`
  const isRescaled =
    isRescaling &&
    topology.isRescalable === true &&
    config['execution.checkpointing.interval'] !== undefined
  return job(name, { topology, shape: { ...shape, isRescaled }, config, expectation })
}

function job(
  name: string,
  spec: {
    readonly topology: Topology
    readonly shape: Shape
    readonly config: Readonly<Record<string, string>>
    readonly expectation: Expectation
  },
): SimulatedJob {
  const { topology, shape, config, expectation } = spec
  return {
    name,
    expectation,
    config,
    isRescaled: shape.isRescaled,
    evaluate: (world) =>
      defineJob(name, (env) => {
        if (!shape.isChained) env.disableOperatorChaining()
        const own = { sourceParallelism: undefined, parallelism: undefined }
        if (shape.isRescaled) env.setParallelism(shape.parallelism)
        topology.build(env, world, shape.isRescaled ? { ...shape, ...own } : shape)
      }),
    check: (world, isWhole) => {
      const isDurable = config['execution.checkpointing.interval'] !== undefined
      // Where every attempt starts its output over, what is there before the end means nothing.
      if (!isWhole && !isDurable) return undefined
      return topology.check(world, shape, { delivery: deliveryOf(config, shape), isWhole })
    },
  }
}

function deliveryOf(config: SimulatedJob['config'], { sinkKind }: Shape): Delivery {
  const isCheckpointed = config['execution.checkpointing.interval'] !== undefined
  if (config['execution.checkpointing.mode'] === 'AT_LEAST_ONCE') return 'no-loss'
  if (sinkKind === 'two-phase') return 'exact'
  return isCheckpointed ? 'repeats' : 'no-loss'
}

function limitedRestarts(random: Random): Readonly<Record<string, string>> {
  const attempts = String(randomBelow(random, 4))
  return {
    'slot.request.timeout': '30 min',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': attempts,
    'restart-strategy.fixed-delay.delay': '100 ms',
  }
}

/** None for a few jobs. */
function randomCheckpoints(random: Random, isEndless: boolean): Readonly<Record<string, string>> {
  if (randomBelow(random, 6) === 0) return {}
  const mode = pick(random, ['EXACTLY_ONCE', 'EXACTLY_ONCE', 'EXACTLY_ONCE', 'AT_LEAST_ONCE'])
  const isUnaligned = mode === 'EXACTLY_ONCE' && randomBelow(random, 2) === 0
  return {
    'state.backend.type': pick(random, ['heap', 'leveldb', 'leveldb']),
    'execution.checkpointing.interval': pick(
      random,
      isEndless ? ['500 ms', '2 s'] : ['60 ms', '200 ms', '500 ms', '2 s'],
    ),
    'execution.checkpointing.mode': mode,
    'execution.checkpointing.unaligned.enabled': String(isUnaligned),
    'execution.checkpointing.aligned-checkpoint-timeout': pick(random, ['0 ms', '0 ms', '30 ms']),
    'execution.checkpointing.dir': checkpointDirectory,
    'execution.checkpointing.max-concurrent-checkpoints': pick(random, ['1', '1', '2']),
    'execution.checkpointing.min-pause': pick(random, ['0 ms', '0 ms', '300 ms']),
    'execution.checkpointing.timeout': pick(random, ['2 s', '1 min']),
    'execution.checkpointing.local-backup.enabled': pick(random, ['false', 'true']),
    'execution.checkpointing.num-retained': pick(random, ['1', '2', '3']),
    'execution.checkpointing.data-inline-threshold': pick(random, ['0 b', '200 b', '20 kb']),
    'execution.checkpointing.externalized-checkpoint-retention': pick(random, [
      'DELETE_ON_CANCELLATION',
      'RETAIN_ON_CANCELLATION',
      'NO_EXTERNALIZED_CHECKPOINTS',
    ]),
  }
}

function randomStrike(random: Random): Strike {
  return {
    subtaskIndex: randomBelow(random, 4),
    atRecord: 1 + randomBelow(random, 60),
    attemptCount: 1 + randomBelow(random, 3),
    act: pick(random, ['throw', 'throw', 'exited', 'out-of-memory', 'error', 'blocked']),
  }
}

function randomShape(
  random: Random,
  slotCount: number,
  given: { readonly isEndless: boolean; readonly strike: Strike | undefined },
): Shape {
  const parallelismMax = Math.min(4, slotCount)
  // An endless job runs for minutes: events cost time.
  const leastPauseMs = given.isEndless ? 100 : 1
  const leastRecords = given.isEndless ? 50 : 1
  const pace = {
    splitCount: 1 + randomBelow(random, 8),
    recordsPerSplit: leastRecords + randomBelow(random, 150),
    batch: 1 + randomBelow(random, 40),
    pauseMs: leastPauseMs + randomBelow(random, 400),
    isEndless: given.isEndless,
  }
  const msAtBatchOfOne = pace.splitCount * pace.recordsPerSplit * pace.pauseMs
  return {
    // Others wait for the slots of a bounded job, so it is not to take for ever.
    pace: { ...pace, batch: Math.max(pace.batch, Math.ceil(msAtBatchOfOne / boundedMsMax)) },
    sourceParallelism: 1 + randomBelow(random, parallelismMax),
    parallelism: 1 + randomBelow(random, parallelismMax),
    keyCount: 1 + randomBelow(random, 20),
    isChained: randomBelow(random, 4) > 0,
    isRescaled: false,
    sinkKind: randomBelow(random, 5) > 0 ? 'two-phase' : 'plain',
    sinkPause: {
      everyRecords: pick(random, [0, 0, 7, 50]),
      ms: 1 + randomBelow(random, 100),
    },
    strike: given.strike,
  }
}

function importThrows(name: string): SimulatedJob {
  return {
    name,
    expectation: { end: 'rejected', code: 'JOB_MODULE_THREW' },
    config: quickRestarts,
    isRescaled: false,
    evaluate: () => {
      throw new MillraceError('JOB_MODULE_THREW', moduleError)
    },
    check: () => undefined,
  }
}

/** The job host sees a graph that no slot does. */
function graphDiffers(random: Random, index: number): SimulatedJob {
  const name = `job-${index}-graph-differs`
  const shape = randomShape(random, 1, { isEndless: false, strike: undefined })
  const topology = topologies[0] as Topology
  let importCount = 0
  return {
    name,
    expectation: { end: 'FAILED', code: 'JOB_GRAPH_DIFFERS' },
    config: { ...quickRestarts, 'restart-strategy.type': 'none' },
    isRescaled: false,
    evaluate: (world) => {
      importCount++
      const import_ = importCount
      return defineJob(name, (env) => {
        env.set('restart-strategy.fixed-delay.attempts', import_)
        topology.build(env, world, shape)
      })
    },
    check: () => undefined,
  }
}

/** Needs more slots than there will ever be. */
function tooWide(random: Random, index: number, slotCount: number): SimulatedJob {
  const shape = randomShape(random, 4, { isEndless: false, strike: undefined })
  return job(`job-${index}-too-wide`, {
    topology: topologies[0] as Topology,
    shape: { ...shape, parallelism: slotCount + 1 + randomBelow(random, 3) },
    config: { ...quickRestarts, 'slot.request.timeout': '8 s' },
    expectation: { end: 'FAILED', code: 'SLOTS_MISSING' },
  })
}

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[randomBelow(random, choices.length)] as T
}
