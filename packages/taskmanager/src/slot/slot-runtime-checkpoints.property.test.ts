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
import fc from 'fast-check'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { type Counted, Fuse } from './counting-cluster-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import {
  CommittedBatches,
  ReplayableSource,
  SinkGate,
  TwoPhaseSink,
} from './test-job-test-support.ts'

// Triggers, abortions, failures of user code, failures and delays of writes, cancellations:
// whatever comes when, what the sink has committed at the end is each count of each key, once.

class Count extends KeyedProcessFunction<string, number, Counted> {
  #count!: ValueState<{ count: number }>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor<{ count: number }>('count'))
  }

  override processElement(
    _value: number,
    context: KeyedProcessContext<string>,
    out: Collector<Counted>,
  ): void {
    const state = this.#count.value() ?? { count: 0 }
    state.count++
    this.#count.update(state)
    out.collect({ key: context.getCurrentKey(), count: state.count })
    // What is not updated is not the state.
    state.count += 1000
  }
}

const perSubtask = 1000
const keyCount = 7

type Action =
  | 'trigger'
  | 'abort'
  | 'fail'
  | 'restart'
  | 'failing-write'
  | 'slow-write'
  | 'shut-sink'
  | 'open-sink'
  | 'nothing'

interface Step {
  readonly turns: number
  readonly action: Action
}

class Scenario {
  readonly committed: CommittedBatches<Counted> = new CommittedBatches()
  readonly cluster: SlotCluster
  readonly driver: CheckpointDriver
  readonly #fuse = new Fuse()
  readonly #gate = new SinkGate()

  constructor(
    slots: number,
    options: { frameSizeBytes: number; creditsPerChannel: number },
    unalignedAfterMs: number | undefined,
  ) {
    this.cluster = new SlotCluster(this.#job(), {
      slots,
      options,
      checkpointing: 'EXACTLY_ONCE',
      ...(unalignedAfterMs === undefined ? {} : { unalignedAfterMs }),
    })
    this.driver = new CheckpointDriver(this.cluster)
  }

  async run(steps: readonly Step[]): Promise<void> {
    await this.cluster.begin()
    this.cluster.deploy()
    for (const { turns, action } of steps) {
      await this.#turn(turns)
      await this.#restartIfFailed()
      await this.#act(action)
    }
    this.#fuse.isLit = false
    this.#gate.open()
    this.cluster.storage.beforeWrite = () => {}
    await this.#finish()
  }

  async #act(action: Action): Promise<void> {
    const { driver, cluster } = this
    const { storage } = cluster
    if (action === 'trigger') driver.triggerIfRunning()
    else if (action === 'abort') driver.abortOldest()
    else if (action === 'fail') this.#fuse.isLit = true
    else if (action === 'restart') await driver.restart()
    else if (action === 'shut-sink') this.#gate.shut()
    else if (action === 'open-sink') this.#gate.open()
    else if (action === 'failing-write') {
      storage.beforeWrite = () => {
        storage.beforeWrite = () => {}
        throw new Error('no room')
      }
    } else if (action === 'slow-write') {
      storage.beforeWrite = async () => {
        for (let turn = 0; turn < 7; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }

  async #finish(): Promise<void> {
    const { cluster, driver } = this
    for (;;) {
      driver.beContinuous()
      await cluster.runUntil(
        () =>
          driver.beContinuous() ||
          cluster.statesOf().includes('FAILED') ||
          cluster.statesOf().every((state) => state === 'FINISHED'),
      )
      if (!(await this.#restartIfFailed())) {
        if (cluster.statesOf().every((state) => state === 'FINISHED')) return
      }
    }
  }

  async #restartIfFailed(): Promise<boolean> {
    if (!this.cluster.statesOf().includes('FAILED')) return false
    await this.driver.restart()
    return true
  }

  async #turn(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) {
      this.cluster.clock.runImmediates()
      this.cluster.clock.advance(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #job(): JobFunction {
    return (env) => {
      const numbers = env.fromSource(
        new ReplayableSource(
          perSubtask,
          (n) => n,
          (subtask) => 20 + 30 * subtask,
        ),
        { name: 'numbers' },
      )
      const dealt = numbers.rebalance().map((n) => n)
      const spread = numbers
        .keyBy((n) => n % 5)
        .flatMap(function* (n) {
          yield n
          yield n
        })
      dealt
        .union(spread)
        .map((n) => {
          this.#fuse.burn()
          return n
        })
        .keyBy((n) => `key ${n % keyCount}`)
        .process(new Count(), { name: 'count' })
        .sinkTo(new TwoPhaseSink(this.committed, this.#gate), { name: 'committed' })
    }
  }
}

function sorted(counted: readonly Counted[]): readonly string[] {
  return counted.map(({ key, count }) => `${key}: ${String(count).padStart(6)}`).sort()
}

function expected(slots: number): readonly string[] {
  const all: Counted[] = []
  for (let digit = 0; digit < keyCount; digit++) {
    let total = 0
    for (let n = digit; n < perSubtask; n += keyCount) total += 3 * slots
    for (let count = 1; count <= total; count++) all.push({ key: `key ${digit}`, count })
  }
  return sorted(all)
}

test('what is committed is right once, whatever happens to checkpoints and tasks', async () => {
  const step = fc.record({
    turns: fc.nat({ max: 12 }),
    action: fc.constantFrom<Action>(
      'trigger',
      'trigger',
      'trigger',
      'abort',
      'fail',
      'restart',
      'failing-write',
      'slow-write',
      'shut-sink',
      'open-sink',
      'nothing',
    ),
  })
  const scenario = fc.record({
    slots: fc.integer({ min: 1, max: 3 }),
    frameSizeBytes: fc.integer({ min: 64, max: 1024 }),
    creditsPerChannel: fc.integer({ min: 1, max: 4 }),
    /** Most barriers overtake; some keep their place for so many turns. */
    unalignedAfterMs: fc.option(fc.constantFrom(0, 0, 3, 9), { nil: undefined }),
    steps: fc.array(step, { maxLength: 25 }),
  })
  await fc.assert(
    fc.asyncProperty(scenario, async ({ slots, steps, unalignedAfterMs, ...options }) => {
      const run = new Scenario(slots, options, unalignedAfterMs)
      await run.run(steps)
      assert.deepEqual(sorted(run.committed.records), expected(slots))
      await run.cluster.checkReleased()
      run.cluster.close()
    }),
    { numRuns: 30 },
  )
})
