import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource, FileSink } from 'millrace/connectors'

export interface Counted {
  readonly index: number
  readonly key: number
  readonly count: number
}

export interface Alarm {
  readonly alarm: number
}

/** Counts the records of each key, and sets a timer for each record. */
class Count extends KeyedProcessFunction<number, number, Counted | Alarm> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(
    index: number,
    context: KeyedProcessContext<number>,
    out: Collector<Counted | Alarm>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    this.#count.update(count)
    const timers = context.timerService()
    timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 100 + (index % 100))
    out.collect({ index, key: context.getCurrentKey(), count })
  }

  override onTimer(
    _at: number,
    context: OnTimerContext<number>,
    out: Collector<Counted | Alarm>,
  ): void {
    out.collect({ alarm: context.getCurrentKey() })
  }
}

/** Numbers for ever, of which everything comes out exactly once. */
export default defineJob('saved', (env, args) => {
  env.enableCheckpointing(args['interval'] ?? '1 h')
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 10, delay: '1 ms' })
  const rate = { recordsPerSecond: 1000, splitCount: 4 }
  env
    .fromSource(new DataGenSource((index) => index, rate), { name: 'numbers' })
    .keyBy((index) => index % 20)
    .process(new Count(), { name: 'count' })
    .rebalance()
    .sinkTo(FileSink.json(args['output'] ?? ''), { name: 'files' })
})
