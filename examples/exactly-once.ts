// A running total of each account, written into files exactly once: kill a TaskManager meanwhile,
// and no order is missing, none is there twice, and no total is wrong. `npm run demo` does that.
//
//   millrace run examples/exactly-once.ts -p 2 -d -- --output /tmp/totals
//   kill -9 …                            # the process of a TaskManager, from `millrace status`
//   millrace status JOB                  # which checkpoint it went on from
//   cat /tmp/totals/part-* | sort | uniq -d | wc -l                      # 0
//
// Each line is an order, its account, and what the account has spent then, in cents:
// {"order":7,"account":7,"total":412}

import {
  type Collector,
  defineJob,
  KeyedProcessFunction,
  type RuntimeContext,
  types,
  type ValueState,
  ValueStateDescriptor,
} from 'millrace'
import { DataGenSource, FileSink, OnCheckpointRollingPolicy } from 'millrace/connectors'

export const accountCount = 1000

export interface Order {
  readonly order: number
  readonly account: number
  readonly cents: number
}

export interface Total {
  readonly order: number
  readonly account: number
  readonly total: number
}

/** The source can be read again from any position: the same order comes of the same number. */
export function orderAt(order: number): Order {
  return { order, account: order % accountCount, cents: 1 + ((order * 7919) % 9973) }
}

class RunningTotal extends KeyedProcessFunction<number, Order, Total> {
  #total!: ValueState<number>

  override open(context: RuntimeContext): void {
    this.#total = context.getState(new ValueStateDescriptor('total', types.float64))
  }

  override processElement(
    { order, account, cents }: Order,
    _context: unknown,
    out: Collector<Total>,
  ): void {
    const total = (this.#total.value() ?? 0) + cents
    this.#total.update(total)
    out.collect({ order, account, total })
  }
}

export default defineJob('exactly-once', (env, args) => {
  const { count = '600000', rate = '10000', interval = '1 s', output = 'totals' } = args
  env.enableCheckpointing(interval)
  const orders = new DataGenSource(orderAt, {
    count: Number(count),
    recordsPerSecond: Number(rate),
  })
  const files = FileSink.json<Total>(output, { rollingPolicy: new OnCheckpointRollingPolicy() })
  env
    .fromSource(orders, { name: 'orders' })
    .keyBy((order) => order.account)
    .process(new RunningTotal(), { name: 'running-total' })
    .sinkTo(files, { name: 'totals' })
})
