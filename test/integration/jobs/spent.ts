// What each user has spent, counted in cents or in euros: one euro with every order.

import {
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

interface Order {
  readonly user: string
  readonly number: number
}

export interface Spent extends Order {
  readonly total: number
}

class Totals extends KeyedProcessFunction<string, Order, Spent> {
  readonly #euro: number
  #total!: ValueState<number>

  constructor(euro: number) {
    super()
    this.#euro = euro
  }

  override open(context: RuntimeContext): void {
    this.#total = context.getState(new ValueStateDescriptor('total', types.float64))
  }

  override processElement(
    order: Order,
    _context: KeyedProcessContext<string>,
    out: Collector<Spent>,
  ): void {
    const total = (this.#total.value() ?? 0) + this.#euro
    this.#total.update(total)
    out.collect({ ...order, total })
  }
}

export default defineJob('spent', (env, args) => {
  const orders = new DataGenSource((number) => ({ user: `user ${number % 7}`, number }), {
    recordsPerSecond: 400,
  })
  env
    .fromSource(orders, { name: 'orders', parallelism: 1 })
    .keyBy(({ user }) => user)
    .process(new Totals(args['unit'] === 'cents' ? 100 : 1), { name: 'totals', parallelism: 2 })
    .sinkTo(new CollectSink(), { name: 'spent', parallelism: 1 })
})
