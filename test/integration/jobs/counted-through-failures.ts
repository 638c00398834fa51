import {
  type CheckpointListener,
  type Collector,
  CollectSink,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RichFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

class Count extends KeyedProcessFunction<number, number, { key: number; count: number }> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(
    _: number,
    context: KeyedProcessContext<number>,
    out: Collector<{ key: number; count: number }>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    out.collect({ key: context.getCurrentKey(), count })
  }
}

/** Passes numbers on; the first attempts fail when they have seen a checkpoint complete. */
class FailLater implements RichFunction, CheckpointListener {
  readonly #failures: number
  #attempt = 0
  #completed = 0

  constructor(failures: number) {
    this.#failures = failures
  }

  open(context: RuntimeContext): void {
    this.#attempt = context.attemptNumber
  }

  notifyCheckpointComplete(): void {
    this.#completed++
  }

  map(value: number): number {
    if (this.#attempt < this.#failures && this.#completed > 0) {
      throw new Error(`attempt ${this.#attempt} fails at ${value}`)
    }
    return value
  }
}

/** Counts numbers by their remainder, with checkpoints and failures in the middle. */
export default defineJob('counted-through-failures', (env, args) => {
  const count = Number(args['count'] ?? 2000)
  env.enableCheckpointing('20 ms')
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  env
    .fromSource(new DataGenSource((index) => index, { count, recordsPerSecond: 2000 }), {
      name: 'numbers',
    })
    .map(new FailLater(Number(args['failures'] ?? 0)), { name: 'fail' })
    .keyBy((value) => value % 10)
    .process(new Count(), { name: 'count' })
    .sinkTo(new CollectSink(), { name: 'counts' })
})
