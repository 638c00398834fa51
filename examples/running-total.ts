// What each user has spent so far, with state of our own.
//
//   millrace run examples/running-total.ts
//   millrace run examples/running-total.ts -- --input orders.jsonl
//
// Each line of the input is an order: {"user":"ann","amount":12.5}

import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type RuntimeContext,
  type TypeOf,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { FileSource } from 'millrace/connectors'

const orderType = types.object({ user: types.string, amount: types.float64 })
type Order = TypeOf<typeof orderType>

interface Total {
  readonly user: string
  readonly total: number
}

class RunningTotal extends KeyedProcessFunction<string, Order, Total> {
  #total!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#total = context.getState(new ValueStateDescriptor('total', types.float64))
  }

  override processElement(
    order: Order,
    context: KeyedProcessContext<string>,
    out: Collector<Total>,
  ): void {
    const total = (this.#total.value() ?? 0) + order.amount
    this.#total.update(total)
    out.collect({ user: context.getCurrentKey(), total })
  }
}

const someOrders: readonly Order[] = [
  { user: 'ann', amount: 12.5 },
  { user: 'bob', amount: 3 },
  { user: 'ann', amount: 7.5 },
  { user: 'eve', amount: 99 },
  { user: 'bob', amount: 4 },
]

export default defineJob('running-total', (env, args) => {
  const { input } = args
  const orders =
    input === undefined
      ? env.fromCollection(someOrders).returns(orderType)
      : env.fromSource(FileSource.json(input, orderType), { name: 'orders' })
  orders
    .keyBy((order) => order.user)
    .process(new RunningTotal(), { name: 'running-total' })
    .print()
})
