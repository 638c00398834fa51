import {
  type CheckpointListener,
  type Collector,
  CollectSink,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

export interface Counted {
  readonly key: number
  readonly count: number
}

/**
 * Counts so slowly that its inputs are full, and tells each so-manieth count. Its first attempts
 * fail when they have seen a checkpoint complete.
 */
class CountSlowly
  extends KeyedProcessFunction<number, number, Counted>
  implements CheckpointListener
{
  readonly #microseconds: number
  readonly #failures: number
  #count!: ValueState<number>
  #attempt = 0
  #completed = 0

  constructor(microseconds: number, failures: number) {
    super()
    this.#microseconds = microseconds
    this.#failures = failures
  }

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
    this.#attempt = context.attemptNumber
  }

  notifyCheckpointComplete(): void {
    this.#completed++
  }

  override processElement(
    value: number,
    context: KeyedProcessContext<number>,
    out: Collector<Counted>,
  ): void {
    if (this.#attempt < this.#failures && this.#completed > 0) {
      throw new Error(`attempt ${this.#attempt} fails at ${value}`)
    }
    // After a failure it hurries.
    const hurries = this.#failures > 0 && this.#attempt > 0
    const microseconds = hurries ? 0 : this.#microseconds
    for (const end = performance.now() + microseconds / 1000; performance.now() < end; ) {}
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    if (count % 100 === 0) out.collect({ key: context.getCurrentKey(), count })
  }
}

export const keyCount = 20

/** Full speed into a count that cannot keep up. */
export default defineJob('slow-count', (env, args) => {
  const count = Number(args['count'])
  env.enableCheckpointing('100 ms')
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  env
    .fromSource(new DataGenSource((index) => index, { count }), { name: 'numbers' })
    .rebalance()
    .map((value) => value, { name: 'pass' })
    .keyBy((value) => value % keyCount)
    .process(new CountSlowly(Number(args['microseconds']), Number(args['failures'] ?? 0)), {
      name: 'count',
    })
    .sinkTo(new CollectSink(), { name: 'counts' })
})
