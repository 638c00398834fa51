// Every transformation, at parallelism 1, 2 and 3, against a model that knows nothing of streams.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type JobExecutionResult, MiniCluster } from 'millrace/testing'
import { assertEveryEdgeCounted } from './edge-counts.ts'
import { type Order, orderOf, priceOf } from './orders.ts'

const orderCount = 400
const orders = Array.from({ length: orderCount }, (_, id) => orderOf(id))
const prices = ['apple', 'pear', 'plum', 'fig'].map(priceOf)

/** The output for each sink whose records depend on nothing but the record they come from. */
const independent: Readonly<Record<string, readonly unknown[]>> = {
  'filter-map': orders.filter((order) => order.amount > 50).map((order) => order.id),
  'flat-map': orders.flatMap((order) => order.tags),
  'flat-map-collector': orders.flatMap(({ id, tags }) => tags.map((tag) => `${id} ${tag}`)),
  process: orders.filter(({ id }) => id % 2 === 0).flatMap(({ id }) => [id, -id]),
  union: [
    ...orders.filter(({ id }) => id % 10 === 0),
    ...orders.filter(({ id }) => id % 15 === 0),
    ...orders.filter(({ id }) => id < 3),
  ],
  'co-map': [
    ...orders.map(({ id }) => `order ${id}`),
    ...prices.map(({ item, price }) => `price ${item} ${price}`),
  ],
  'co-flat-map': [
    ...orders.flatMap(({ id }) => Array.from({ length: id % 3 }, (_, i) => `order ${id}.${i}`)),
    ...prices.map(({ item }) => item),
  ],
  'co-process': orders.map(({ id, item, amount }) => [id, amount * item.length]),
}

interface RunningModel {
  /** What is emitted for the newest of the orders of one user so far. */
  readonly emitted: (ofUser: readonly Order[]) => unknown
  /** What of it does not depend on the order in which records arrive. */
  readonly settled: (emitted: never) => unknown
}

const amounts = (ofUser: readonly Order[]): readonly number[] => ofUser.map(({ amount }) => amount)
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const amountOf = ({ amount }: Order): number => amount

/** Sinks that get one record for each order: what is known of its user so far. */
const running: Readonly<Record<string, RunningModel>> = {
  reduce: {
    emitted: (ofUser) => ({ ...ofUser.at(-1), amount: total(amounts(ofUser)) }),
    settled: amountOf,
  },
  'sum-field': {
    emitted: (ofUser) => ({ ...ofUser[0], amount: total(amounts(ofUser)) }),
    settled: amountOf,
  },
  'sum-selector': {
    emitted: (ofUser) => total(ofUser.map(({ id }) => id)),
    settled: (sum: number) => sum,
  },
  min: {
    emitted: (ofUser) => ({ ...ofUser[0], amount: Math.min(...amounts(ofUser)) }),
    settled: amountOf,
  },
  max: {
    emitted: (ofUser) => Math.max(...amounts(ofUser)),
    settled: (max: number) => max,
  },
  'min-by': {
    emitted: (ofUser) => ofUser.find(({ amount }) => amount === Math.min(...amounts(ofUser))),
    settled: amountOf,
  },
  'max-by': {
    emitted: (ofUser) => ofUser.findLast(({ amount }) => amount === Math.max(...amounts(ofUser))),
    settled: amountOf,
  },
  'keyed-process': {
    emitted: (ofUser) => [ofUser[0]?.user, ofUser.length, Math.max(...amounts(ofUser))],
    settled: (record: readonly unknown[]) => record,
  },
}

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

for (const parallelism of [1, 2, 3]) {
  test(`every transformation gives what its model does at parallelism ${parallelism}`, async () => {
    const module = new URL('./jobs/transformations.ts', import.meta.url)
    const args = { orders: String(orderCount) }
    const result = await cluster.run(module, { args, parallelism })
    for (const [sink, expected] of Object.entries(independent)) {
      assert.deepEqual(sorted(result.collected(sink)), sorted(expected), sink)
    }
    for (const [sink, model] of Object.entries(running)) {
      if (parallelism === 1) assertSameStream(result, sink, model)
      else assertSameEnd(result, sink, model)
    }
    const edges = assertEveryEdgeCounted(result)
    for (const keyed of ['total', 'sum-amount', 'smallest', 'count-and-peak']) {
      assert.deepEqual(edges.get(keyed), [orderCount], keyed)
    }
    assert.deepEqual(edges.get('join'), [orderCount, prices.length])
    await cluster.untilIdle()
  })
}

/** One source, one aggregate: the whole stream is known. */
function assertSameStream(result: JobExecutionResult, sink: string, model: RunningModel): void {
  const expected = orders.map((order, index) =>
    model.emitted(orders.slice(0, index + 1).filter(({ user }) => user === order.user)),
  )
  assert.deepEqual(result.collected(sink), expected, sink)
}

/**
 * Records of several sources arrive in any order: one record for each order, and the last one of
 * each user is the end of what the model gives.
 */
function assertSameEnd(result: JobExecutionResult, sink: string, model: RunningModel): void {
  const records = result.collected<never>(sink)
  assert.equal(records.length, orderCount, sink)
  const settled = new Set(records.map((record) => JSON.stringify(model.settled(record))))
  for (const ofUser of Object.values(Object.groupBy(orders, ({ user }) => user))) {
    const last = JSON.stringify(model.settled(model.emitted(ofUser ?? []) as never))
    assert.ok(settled.has(last), `${sink}: no ${last}`)
  }
}

function sorted(records: readonly unknown[]): readonly string[] {
  return records.map((record) => JSON.stringify(record)).sort()
}
