import {
  CollectSink,
  defineJob,
  KeyedCoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type OnTimerContext,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

/** Emits each key once, with the number of its records until 20 ms after the first. */
class FirstAlarm extends KeyedProcessFunction<number, number, readonly number[]> {
  #count!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.float64))
  }

  override processElement(_value: number, context: KeyedProcessContext<number>): void {
    const count = this.#count.value() ?? 0
    this.#count.update(count + 1)
    const timers = context.timerService()
    if (count === 0) timers.registerProcessingTimeTimer(timers.currentProcessingTime() + 20)
  }

  override *onTimer(_at: number, context: OnTimerContext<number>): Generator<readonly number[]> {
    yield [context.getCurrentKey(), this.#count.value() ?? 0]
  }
}

/** Fails as soon as an order is not paid at once. */
class Unpaid extends KeyedCoProcessFunction<number, number, number, never> {
  override processElement1(_order: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    timers.registerProcessingTimeTimer(timers.currentProcessingTime())
  }

  override processElement2(_payment: number, context: KeyedProcessContext<number>): void {
    const timers = context.timerService()
    timers.deleteProcessingTimeTimer(timers.currentProcessingTime())
  }

  override onTimer(_at: number, context: OnTimerContext<number>): void {
    throw new Error(`order ${context.getCurrentKey()} is not paid`)
  }
}

/** Timers that fire while the job runs; with `--fail`, one that throws. */
export default defineJob('alarms', (env, args) => {
  env.setRestartStrategy({ type: 'none' })
  const numbers = env.fromSource(new DataGenSource((index) => index, { recordsPerSecond: 500 }), {
    name: 'numbers',
  })
  numbers
    .keyBy((n) => n % 10)
    .process(new FirstAlarm(), { name: 'first-alarm' })
    .sinkTo(new CollectSink(), { name: 'alarms' })
  if (args['fail'] === undefined) return
  const payments = env.fromCollection<number>([])
  numbers
    .connect(payments)
    .keyBy(
      (order) => order,
      (order) => order,
    )
    .process(new Unpaid(), { name: 'unpaid' })
    .print()
})
