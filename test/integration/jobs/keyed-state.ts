import {
  AggregatingStateDescriptor,
  type Collector,
  CollectSink,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type RuntimeContext,
  types,
  ValueStateDescriptor,
} from 'millrace'
import { type Order, orderOf } from '../orders.ts'

const averageAmount = {
  createAccumulator: () => ({ sum: 0, count: 0 }),
  add: (order: Order, total: { sum: number; count: number }) => {
    total.sum += order.amount
    total.count++
    return total
  },
  getResult: ({ sum, count }: { sum: number; count: number }) => sum / count,
}

const descriptors = {
  count: new ValueStateDescriptor('count', types.int32),
  lastIds: new ListStateDescriptor('last-ids', types.int32),
  amountOfItem: new MapStateDescriptor('amount-of-item', types.string, types.float64),
  tags: new ReducingStateDescriptor('tags', (left: string[], right: string[]) => [
    ...new Set([...left, ...right]),
  ]),
  average: new AggregatingStateDescriptor('average', averageAmount),
}

/** State of every kind for each user; emits all of it for each order. */
class EverythingOfUser extends KeyedProcessFunction<[string, number], Order, object> {
  #context!: RuntimeContext

  override open(context: RuntimeContext): void {
    this.#context = context
  }

  /** Asks for its states anew each time: they are the same. */
  override processElement(
    order: Order,
    context: KeyedProcessContext<[string, number]>,
    out: Collector<object>,
  ): void {
    const count = this.#context.getState(descriptors.count)
    const lastIds = this.#context.getListState(descriptors.lastIds)
    const amountOfItem = this.#context.getMapState(descriptors.amountOfItem)
    const tags = this.#context.getReducingState(descriptors.tags)
    const average = this.#context.getAggregatingState(descriptors.average)
    count.update((count.value() ?? 0) + 1)
    lastIds.add(order.id)
    if (lastIds.get().length > 3) lastIds.update(lastIds.get().slice(-3))
    amountOfItem.put(order.item, (amountOfItem.get(order.item) ?? 0) + order.amount)
    tags.add([...order.tags])
    average.add(order)
    out.collect({
      user: context.getCurrentKey()[0],
      count: count.value(),
      lastIds: lastIds.get(),
      amountOfItem: Object.fromEntries([...amountOfItem.entries()].sort()),
      tags: tags.get()?.sort(),
      average: average.get(),
    })
  }
}

/** Every record finds that what the last one left has expired. */
class Forgetful extends KeyedProcessFunction<string, number, number | undefined> {
  readonly #descriptor = new ValueStateDescriptor('last', types.float64, { ttl: { ms: 2 } })
  #context!: RuntimeContext

  override open(context: RuntimeContext): void {
    this.#context = context
  }

  override *processElement(value: number): Generator<number> {
    const last = this.#context.getState(this.#descriptor)
    yield last.value() ?? -1
    last.update(value)
    const untilMs = Date.now() + 3
    while (Date.now() < untilMs);
  }
}

/** Uses state where it may not. */
class Mistaken extends KeyedProcessFunction<string, number, number> {
  readonly #mistake: string

  constructor(mistake: string) {
    super()
    this.#mistake = mistake
  }

  override open(context: RuntimeContext): void {
    const state = context.getState(new ValueStateDescriptor<number>('state'))
    if (this.#mistake === 'duplicate') context.getListState(new ListStateDescriptor('state'))
    if (this.#mistake === 'open') state.value()
    if (this.#mistake === 'close') this.close = () => void state.value()
  }

  override processElement(value: number): Iterable<number> {
    return [value]
  }
}

export default defineJob('keyed-state', (env, args) => {
  const { mistake } = args
  const numbers = env.fromSequence(0, 9)
  if (mistake === 'no-key') {
    numbers
      .map({
        open: (context: RuntimeContext) =>
          void context.getMapState(new MapStateDescriptor<string, number>('counts')),
        map: (value: number) => value,
      })
      .sinkTo(new CollectSink(), { name: 'mistaken' })
    return
  }
  if (mistake !== undefined) {
    numbers
      .keyBy(() => 'all')
      .process(new Mistaken(mistake), { name: 'mistaken' })
      .sinkTo(new CollectSink(), { name: 'out' })
    return
  }
  env
    .fromSequence(0, Number(args['orders']) - 1)
    .map(orderOf)
    .keyBy((order): [string, number] => [order.user, -0])
    .process(new EverythingOfUser(), { name: 'everything' })
    .sinkTo(new CollectSink(), { name: 'of-user' })
  numbers
    .keyBy(() => 'all')
    .process(new Forgetful(), { name: 'forgetful' })
    .sinkTo(new CollectSink(), { name: 'remembered' })
})
