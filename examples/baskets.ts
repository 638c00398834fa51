// What lies in each user's basket: an entry of a map for each item. Paying empties it and emits a
// receipt; baskets that nobody touches for a day are forgotten.
//
//   millrace run examples/baskets.ts
//   millrace run examples/baskets.ts -- --input actions.jsonl
//
// Each line of the input is an action: {"user":"ann","action":"put","item":"apple","count":2}

import {
  type Collector,
  defineJob,
  type KeyedProcessContext,
  KeyedProcessFunction,
  type ListState,
  ListStateDescriptor,
  type MapState,
  MapStateDescriptor,
  type RuntimeContext,
  type TypeOf,
  types,
} from 'millrace'
import { FileSource } from 'millrace/connectors'

const actionType = types.object({
  user: types.string,
  action: types.string,
  item: types.string,
  count: types.int32,
})
type Action = TypeOf<typeof actionType>

interface Receipt {
  readonly user: string
  readonly items: Readonly<Record<string, number>>
  /** Of this user's last receipts, the oldest first. */
  readonly lastTotals: readonly number[]
}

const totalsKept = 3

class Basket extends KeyedProcessFunction<string, Action, Receipt> {
  #items!: MapState<string, number>
  #totals!: ListState<number>

  override open(context: RuntimeContext): void {
    const ttl = '24 h'
    this.#items = context.getMapState(
      new MapStateDescriptor('items', types.string, types.int32, { ttl }),
    )
    this.#totals = context.getListState(new ListStateDescriptor('totals', types.int32))
  }

  override processElement(
    { action, item, count }: Action,
    context: KeyedProcessContext<string>,
    out: Collector<Receipt>,
  ): void {
    if (action === 'put') {
      this.#items.put(item, (this.#items.get(item) ?? 0) + count)
    } else if (action === 'remove') {
      this.#items.remove(item)
    } else if (action === 'pay' && !this.#items.isEmpty()) {
      let total = 0
      for (const each of this.#items.values()) total += each
      const lastTotals = [...this.#totals.get(), total].slice(-totalsKept)
      this.#totals.update(lastTotals)
      const items = Object.fromEntries(this.#items.entries())
      this.#items.clear()
      out.collect({ user: context.getCurrentKey(), items, lastTotals })
    }
  }
}

const someActions: readonly Action[] = [
  { user: 'ann', action: 'put', item: 'apple', count: 2 },
  { user: 'bob', action: 'put', item: 'pear', count: 1 },
  { user: 'ann', action: 'put', item: 'plum', count: 5 },
  { user: 'ann', action: 'remove', item: 'apple', count: 0 },
  { user: 'ann', action: 'pay', item: '', count: 0 },
  { user: 'bob', action: 'put', item: 'pear', count: 3 },
  { user: 'bob', action: 'pay', item: '', count: 0 },
]

export default defineJob('baskets', (env, args) => {
  const { input } = args
  const actions =
    input === undefined
      ? env.fromCollection(someActions).returns(actionType)
      : env.fromSource(FileSource.json(input, actionType), { name: 'actions' })
  actions
    .keyBy((action) => action.user)
    .process(new Basket(), { name: 'baskets' })
    .print()
})
