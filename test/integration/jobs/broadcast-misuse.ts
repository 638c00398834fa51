import {
  CollectSink,
  defineJob,
  KeyedBroadcastProcessFunction,
  MapStateDescriptor,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'

const rules = new MapStateDescriptor('rules', types.float64, types.float64)

/** Uses state of a key where there is none. */
class Misuse extends KeyedBroadcastProcessFunction<number, number, number, number> {
  #seen!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#seen = context.getState(new ValueStateDescriptor('seen', types.float64))
  }

  override processElement(value: number): void {
    this.#seen.update(value)
  }

  override processBroadcastElement(rule: number): void {
    this.#seen.update(rule)
  }
}

export default defineJob('broadcast-misuse', (env) => {
  env.setRestartStrategy({ type: 'none' })
  env
    .fromSequence(1, 1000)
    .keyBy((value) => value % 10)
    .connect(env.fromElements(1, 2, 3).broadcast(rules))
    .process(new Misuse(), { name: 'misuse' })
    .sinkTo(new CollectSink(), { name: 'nothing' })
})
