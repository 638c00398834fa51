import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '@millrace/core'
import { StreamExecutionEnvironment } from '../environment/stream-execution-environment.ts'
import type { Collector } from '../function/collector.ts'
import {
  CoProcessFunction,
  type KeyedProcessContext,
  KeyedProcessFunction,
  ProcessFunction,
} from '../function/functions.ts'
import { CollectSink } from '../sink/collect-sink.ts'
import { PrintSink } from '../sink/print-sink.ts'
import type { DataStream } from './data-stream.ts'
import type { NumericField, OrderedField } from './field.ts'
import type { KeyedStream } from './keyed-stream.ts'

// What is tested here is what the compiler infers: the calls themselves only describe.

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function expectType<Wanted>() {
  return <Actual>(_stream: DataStream<Actual>, _equal: Equal<Actual, Wanted>): void => {}
}

interface Order {
  readonly user: string
  readonly amount: number
  readonly at: Date
  readonly units: bigint
  readonly note?: string
  readonly tags: readonly string[]
}

const env = new StreamExecutionEnvironment()
const orders = env.fromCollection<Order>([])

test('elements give the type of the stream', () => {
  expectType<number>()(env.fromElements(1, 2, 3), true)
  expectType<string>()(env.fromCollection(new Set(['a'])), true)
  expectType<number>()(env.fromSequence(1, 2), true)
})

test('types go through stateless functions', () => {
  expectType<number>()(
    orders.map((order) => order.amount),
    true,
  )
  expectType<{ user: string; n: number }>()(
    orders.map((order) => ({ user: order.user, n: 1 })),
    true,
  )
  expectType<number>()(orders.map({ map: (order) => order.amount }), true)
  expectType<Order>()(
    orders.filter((order) => order.amount > 0),
    true,
  )
  expectType<string>()(
    orders.flatMap((order) => order.tags),
    true,
  )
  expectType<string>()(
    orders.flatMap(function* (order) {
      yield order.user
    }),
    true,
  )
  expectType<string>()(
    orders.flatMap((order, out: Collector<string>) => out.collect(order.user)),
    true,
  )
  expectType<string>()(
    orders.process((order, context, out: Collector<string>) => {
      if (context.timestamp() === undefined) out.collect(order.user)
    }),
    true,
  )
})

test('a type guard narrows the stream', () => {
  const mixed = env.fromCollection<string | number>(['a', 1])
  expectType<string>()(
    mixed.filter((value) => typeof value === 'string'),
    true,
  )
})

test('keys and keyed functions are typed', () => {
  const keyed: KeyedStream<Order, string> = orders.keyBy((order) => order.user)
  expectType<Order>()(
    keyed.reduce((left, right) => (left.amount > right.amount ? left : right)),
    true,
  )
  expectType<string>()(
    keyed.process((order, context, out: Collector<string>) => {
      out.collect(context.getCurrentKey().toUpperCase() + order.user)
    }),
    true,
  )
  class Total extends KeyedProcessFunction<string, Order, number> {
    override processElement(
      order: Order,
      _context: KeyedProcessContext<string>,
      out: Collector<number>,
    ): void {
      out.collect(order.amount)
    }
  }
  expectType<number>()(keyed.process(new Total()), true)
  // @ts-expect-error: the function is one of a stream with another key
  orders.keyBy((order) => order.amount).process(new Total())
  class Plain extends ProcessFunction<Order, string> {
    override processElement(order: Order): string[] {
      return [order.user]
    }
  }
  expectType<string>()(keyed.process(new Plain()), true)
})

test('aggregates take fields that fit and nothing else', () => {
  const keyed = orders.keyBy((order) => order.user)
  expectType<Order>()(keyed.sum('amount'), true)
  expectType<Order>()(keyed.sum('units'), true)
  expectType<number>()(
    keyed.sum((order) => order.amount),
    true,
  )
  expectType<bigint>()(
    keyed.sum((order) => order.units),
    true,
  )
  expectType<Order>()(keyed.min('at'), true)
  expectType<Date>()(
    keyed.max((order) => order.at),
    true,
  )
  expectType<Order>()(
    keyed.maxBy((order) => order.user.length),
    true,
  )
  // @ts-expect-error: a text cannot be summed
  keyed.sum('user')
  // @ts-expect-error: there is no such field
  keyed.sum('amuont')
  // @ts-expect-error: a list has no order
  keyed.minBy('tags')
  const fields: Equal<NumericField<Order>, 'amount' | 'units'> = true
  const ordered: Equal<OrderedField<Order>, 'user' | 'amount' | 'at' | 'units'> = true
  const positions: Equal<NumericField<[string, number, bigint]>, 1 | 2> = true
  assert.ok(fields && ordered && positions)
  const pairs = env.fromCollection<[string, number]>([]).keyBy(([word]) => word)
  expectType<[string, number]>()(pairs.sum(1), true)
  // @ts-expect-error: position 0 is a text
  pairs.sum(0)
})

test('connected streams have both types, and union wants one', () => {
  const prices = env.fromCollection<{ user: string; price: number }>([])
  const connected = orders.connect(prices)
  expectType<string | number>()(
    connected.map<string | number>({
      map1: (order) => order.user,
      map2: (price) => price.price,
    }),
    true,
  )
  class Join extends CoProcessFunction<Order, { user: string; price: number }, string> {
    override processElement1(order: Order): string[] {
      return [order.user]
    }
    override processElement2(price: { user: string }): string[] {
      return [price.user]
    }
  }
  const keyed = connected.keyBy(
    (order) => order.user,
    (price) => price.user,
  )
  expectType<string>()(keyed.process(new Join()), true)
  // @ts-expect-error: the streams have different types
  orders.union(prices)
  connected.keyBy(
    (order) => order.user,
    // @ts-expect-error: the keys have different types
    (price) => price.price,
  )
})

test('a declared type is the type of the stream', () => {
  const declared = types.object({ word: types.string, n: types.float64 })
  const parsed = env.fromElements('{}').map((text) => JSON.parse(text))
  expectType<{ word: string; n: number }>()(parsed.returns(declared), true)
})

test('a sink must take the records of the stream', () => {
  orders.sinkTo(new PrintSink())
  orders.sinkTo(new CollectSink<Order>())
  // @ts-expect-error: a sink of numbers
  orders.sinkTo(new CollectSink<number>())
})
