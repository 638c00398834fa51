import assert from 'node:assert/strict'
import {
  type Collector,
  type DataStream,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
} from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { type ClusterOptions, SlotCluster } from './slot-cluster-test-support.ts'
import { ListSink, type SinkGate } from './test-job-test-support.ts'

/** The so-manieth record of a key. */
export interface Counted {
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
export class Fuse {
  isLit = false

  burn(): void {
    if (!this.isLit) return
    this.isLit = false
    throw new Error('the fuse has burnt')
  }
}

const keyCount = 10

/** What the job counts; it may burn the fuse on the way. */
type NumbersOf = (env: StreamExecutionEnvironment, fuse: Fuse) => DataStream<number>

/** A cluster that counts numbers by their last digit and takes checkpoints when it is told to. */
export class CountingCluster {
  readonly results: Counted[] = []
  readonly fuse: Fuse = new Fuse()
  readonly cluster: SlotCluster
  readonly driver: CheckpointDriver

  /** Resolves when all tasks run. `gate`: of the sink. */
  static async start(
    numbersOf: NumbersOf,
    options: ClusterOptions,
    gate?: SinkGate,
  ): Promise<CountingCluster> {
    const counting = new CountingCluster(numbersOf, options, gate)
    const { cluster } = counting
    await cluster.begin()
    cluster.deploy()
    await counting.untilRunning()
    return counting
  }

  constructor(numbersOf: NumbersOf, options: ClusterOptions, gate?: SinkGate) {
    this.cluster = new SlotCluster(
      (env) => {
        numbersOf(env, this.fuse)
          .keyBy((n) => `key ${n % keyCount}`)
          .process(new Count(), { name: 'count' })
          .sinkTo(new ListSink(this.results, gate), { name: 'list' })
      },
      { checkpointing: 'EXACTLY_ONCE', ...options },
    )
    this.driver = new CheckpointDriver(this.cluster)
  }

  async untilRunning(): Promise<void> {
    const { cluster } = this
    await cluster.runUntil(() => cluster.statesOf().every((state) => state === 'RUNNING'))
  }

  async untilFailed(): Promise<void> {
    const { cluster, fuse } = this
    fuse.isLit = true
    await cluster.runUntil(() => cluster.statesOf().includes('FAILED'))
  }

  async untilCompleted(...checkpointIds: readonly number[]): Promise<void> {
    const { cluster, driver } = this
    await cluster.runUntil(() => checkpointIds.every((id) => driver.isCompleted(id)))
  }

  /** Fails and restarts after some checkpoints, then runs to the end. */
  async runThroughFailures(failures: number): Promise<void> {
    const { cluster, driver } = this
    driver.isContinuous = true
    driver.trigger()
    for (let failure = 0; failure < failures; failure++) {
      const completed = driver.completed.length
      await cluster.runUntil(() => driver.completed.length >= completed + 2)
      await this.untilFailed()
      await driver.restart()
      await this.untilRunning()
      driver.trigger()
    }
    await cluster.runToEnd()
  }

  /** The highest count of each key: what the totals are, whatever was repeated. */
  get totals(): ReadonlyMap<string, number> {
    const totals = new Map<string, number>()
    for (const { key, count } of this.results) {
      totals.set(key, Math.max(totals.get(key) ?? 0, count))
    }
    return totals
  }

  /** Every task has finished, each digit was counted equally often, and nothing is held. */
  async assertCounted(recordCount: number): Promise<void> {
    await this.assertFinished()
    const expected = Array.from({ length: keyCount }, (_, digit) => {
      return [`key ${digit}`, recordCount / keyCount] as const
    })
    assert.deepEqual([...this.totals].sort(), expected)
  }

  async assertFinished(): Promise<void> {
    const { cluster } = this
    assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
    await cluster.checkReleased()
  }
}
