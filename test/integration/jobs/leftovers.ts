import {
  type Collector,
  CollectSink,
  defineJob,
  type FlatMapFunction,
  type RuntimeContext,
} from 'millrace'
import { DataGenSource } from 'millrace/connectors'

/**
 * Its first attempt leaves a field, a timer and a promise behind that still emit, then fails; the
 * second emits what it is given, with what it sees of the first.
 */
class LeavesTraces implements FlatMapFunction<number, string> {
  #attempt = -1
  #seen = 0
  #collector: Collector<string> | undefined

  open(context: RuntimeContext): void {
    this.#attempt = context.attemptNumber
  }

  flatMap(value: number, out: Collector<string>): void {
    if (this.#attempt === 0) {
      if (this.#seen === 0) {
        this.#collector = out
        const emitLate = (what: string): void => this.#collector?.collect(`${what} of attempt 0`)
        setInterval(() => emitLate('timer'), 1)
        const { promise, resolve } = Promise.withResolvers<void>()
        void promise.then(() => emitLate('promise'))
        setTimeout(resolve, 20)
      }
      if (value === 10) throw new Error('the first attempt fails')
    }
    this.#seen++
    out.collect(`${value} ${this.#seen}`)
  }
}

export default defineJob('leftovers', (env, args) => {
  env.setRestartStrategy({ type: 'fixed-delay', attempts: 3, delay: '1 ms' })
  const options = { count: Number(args['count']), recordsPerSecond: 1000 }
  env
    .fromSource(new DataGenSource((index) => index, options), { name: 'numbers' })
    .flatMap(new LeavesTraces(), { name: 'leaves-traces' })
    .sinkTo(new CollectSink(), { name: 'values' })
})
