// Orders above the limit of their item. Limits change while the job runs: each change goes to every
// subtask, which keeps all limits in broadcast state; how often a user went beyond one is kept by
// key.
//
//   millrace run examples/order-limits.ts -p 2
//   millrace run examples/order-limits.ts -- --orders orders.jsonl --limits limits.jsonl
//
// A line of the orders: {"user":"ann","item":"apple","amount":12}
// A line of the limits: {"item":"apple","limit":10}, or {"item":"apple","limit":null} to end it

import {
  type BroadcastContext,
  type Collector,
  defineJob,
  KeyedBroadcastProcessFunction,
  type KeyedReadOnlyBroadcastContext,
  MapStateDescriptor,
  type RuntimeContext,
  type TypeOf,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource, FileSource } from 'millrace/connectors'

const orderType = types.object({ user: types.string, item: types.string, amount: types.float64 })
type Order = TypeOf<typeof orderType>

const limitType = types.object({ item: types.string, limit: types.nullable(types.float64) })
type Limit = TypeOf<typeof limitType>

const limits = new MapStateDescriptor('limits', types.string, types.float64)

class OverLimit extends KeyedBroadcastProcessFunction<string, Order, Limit, string> {
  #times!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#times = context.getState(new ValueStateDescriptor('times', types.int32))
  }

  override processElement(
    { item, amount }: Order,
    context: KeyedReadOnlyBroadcastContext<string>,
    out: Collector<string>,
  ): void {
    const limit = context.getBroadcastState(limits).get(item)
    if (limit === undefined || amount <= limit) return
    const times = (this.#times.value() ?? 0) + 1
    this.#times.update(times)
    out.collect(`${context.getCurrentKey()}: ${amount} ${item}, limit ${limit} (${times}.)`)
  }

  override processBroadcastElement({ item, limit }: Limit, context: BroadcastContext): void {
    if (limit === null) context.getBroadcastState(limits).remove(item)
    else context.getBroadcastState(limits).put(item, limit)
  }
}

const users = ['ann', 'bob', 'eve']
const items = ['apple', 'pear']

/** Twenty orders a second for five seconds. */
function orderAt(index: number): Order {
  const user = users[index % users.length] as string
  return { user, item: items[index % items.length] as string, amount: 1 + (index % 12) }
}

/** A change every second: what is allowed becomes less, and then everything is. */
function limitAt(index: number): Limit {
  const item = items[index % items.length] as string
  return { item, limit: index < 4 ? 11 - index : null }
}

export default defineJob('order-limits', (env, args) => {
  env.enableCheckpointing('1 s')
  const limitChanges =
    args['limits'] === undefined
      ? env.fromSource(new DataGenSource(limitAt, { count: 5, recordsPerSecond: 1 }), {
          name: 'limits',
          parallelism: 1,
        })
      : env.fromSource(FileSource.json(args['limits'], limitType), { name: 'limits' })
  const orders =
    args['orders'] === undefined
      ? env.fromSource(new DataGenSource(orderAt, { count: 100, recordsPerSecond: 20 }), {
          name: 'orders',
          parallelism: 1,
        })
      : env.fromSource(FileSource.json(args['orders'], orderType), { name: 'orders' })
  orders
    .keyBy((order) => order.user)
    .connect(limitChanges.broadcast(limits))
    .process(new OverLimit(), { name: 'over-limit' })
    .print()
})
