import {
  type CoFlatMapFunction,
  type Collector,
  CollectSink,
  type CoMapFunction,
  CoProcessFunction,
  defineJob,
  KeyedProcessFunction,
  type ProcessContext,
  ProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { type Order, orderOf, priceOf } from '../orders.ts'

/** Running count of a key, and the largest value it had. */
class CountAndPeak extends KeyedProcessFunction<string, Order, [string, number, number]> {
  #count!: ValueState<number>
  #peak!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#count = context.getState(new ValueStateDescriptor('count', types.int32))
    this.#peak = context.getState(new ValueStateDescriptor('peak', types.float64))
  }

  override processElement(
    order: Order,
    context: { getCurrentKey(): string },
    out: Collector<[string, number, number]>,
  ): void {
    const count = (this.#count.value() ?? 0) + 1
    const peak = Math.max(this.#peak.value() ?? order.amount, order.amount)
    this.#count.update(count)
    this.#peak.update(peak)
    out.collect([context.getCurrentKey(), count, peak])
  }
}

class EvenTwice extends ProcessFunction<Order, number> {
  override processElement(order: Order, _context: ProcessContext, out: Collector<number>): void {
    if (order.id % 2 === 1) return
    out.collect(order.id)
    out.collect(-order.id)
  }
}

const coMap: CoMapFunction<Order, { item: string; price: number }, string> = {
  map1: (order) => `order ${order.id}`,
  map2: ({ item, price }) => `price ${item} ${price}`,
}

const coFlatMap: CoFlatMapFunction<Order, { item: string; price: number }, string> = {
  *flatMap1(order) {
    for (let i = 0; i < order.id % 3; i++) yield `order ${order.id}.${i}`
  },
  flatMap2({ item }, out) {
    out.collect(item)
  },
}

/** Joins orders with the price of their item, whichever comes first; one price for each item. */
class JoinPrice extends CoProcessFunction<
  Order,
  { item: string; price: number },
  [number, number]
> {
  #price!: ValueState<number>
  #waiting!: ValueState<readonly Order[]>

  override open(context: RuntimeContext): void {
    this.#price = context.getState(new ValueStateDescriptor<number>('price'))
    this.#waiting = context.getState(new ValueStateDescriptor<readonly Order[]>('waiting'))
  }

  override processElement1(
    order: Order,
    _context: ProcessContext,
    out: Collector<[number, number]>,
  ): void {
    const price = this.#price.value()
    if (price !== undefined) out.collect([order.id, order.amount * price])
    else this.#waiting.update([...(this.#waiting.value() ?? []), order])
  }

  override processElement2(
    { price }: { item: string; price: number },
    _context: ProcessContext,
    out: Collector<[number, number]>,
  ): void {
    this.#price.update(price)
    for (const order of this.#waiting.value() ?? []) out.collect([order.id, order.amount * price])
    this.#waiting.update([])
  }
}

function emitTags(order: Order, out: Collector<string>): void {
  for (const tag of order.tags) out.collect(`${order.id} ${tag}`)
}

/** Every transformation, each with a collect sink of its own. */
export default defineJob('transformations', (env, args) => {
  const orderCount = Number(args['orders'])
  const orders = env.fromSequence(0, orderCount - 1).map(orderOf, { name: 'to-order' })
  const prices = env.fromCollection(['apple', 'pear', 'plum', 'fig'].map(priceOf)).rebalance()
  const byUser = orders.keyBy((order) => order.user)
  const collect = (
    stream: { sinkTo(sink: CollectSink, options: { name: string }): unknown },
    name: string,
  ) => stream.sinkTo(new CollectSink(), { name })

  collect(
    orders.filter((order) => order.amount > 50).map((order) => order.id),
    'filter-map',
  )
  collect(
    orders.flatMap((order) => order.tags),
    'flat-map',
  )
  collect(orders.flatMap(emitTags), 'flat-map-collector')
  collect(orders.process(new EvenTwice(), { name: 'even-twice' }), 'process')
  collect(
    byUser.reduce((left, right) => ({ ...right, amount: left.amount + right.amount }), {
      name: 'total',
    }),
    'reduce',
  )
  collect(byUser.sum('amount', { name: 'sum-amount' }), 'sum-field')
  collect(
    byUser.sum((order) => order.id, { name: 'sum-id' }),
    'sum-selector',
  )
  collect(byUser.min('amount', { name: 'min-field' }), 'min')
  collect(
    byUser.max((order) => order.amount, { name: 'max-selector' }),
    'max',
  )
  collect(byUser.minBy('amount', { name: 'smallest' }), 'min-by')
  collect(byUser.maxBy('amount', { name: 'largest', tie: 'last' }), 'max-by')
  collect(byUser.process(new CountAndPeak(), { name: 'count-and-peak' }), 'keyed-process')
  const few = orders.filter((order) => order.id % 10 === 0)
  collect(
    few.union(
      orders.filter((order) => order.id % 15 === 0),
      orders.filter((order) => order.id < 3),
    ),
    'union',
  )
  collect(orders.connect(prices).map(coMap), 'co-map')
  collect(orders.connect(prices).flatMap(coFlatMap), 'co-flat-map')
  collect(
    orders
      .connect(prices)
      .keyBy(
        (order) => order.item,
        (price) => price.item,
      )
      .process(new JoinPrice(), { name: 'join' }),
    'co-process',
  )
})
