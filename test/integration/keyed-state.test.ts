// Keyed state of every kind in a cluster, against a model; its time to live; its mistakes.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { type Order, orderOf } from './orders.ts'

const module = new URL('./jobs/keyed-state.ts', import.meta.url)
const orderCount = 400
const timeout = 60_000

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

/** All that is known of a user after these orders. */
function everythingOf(orders: readonly Order[]): unknown {
  const amountOfItem = new Map<string, number>()
  for (const { item, amount } of orders) {
    amountOfItem.set(item, (amountOfItem.get(item) ?? 0) + amount)
  }
  return {
    user: orders[0]?.user,
    count: orders.length,
    lastIds: orders.slice(-3).map(({ id }) => id),
    amountOfItem: Object.fromEntries([...amountOfItem].sort()),
    tags: [...new Set(orders.flatMap(({ tags }) => tags))].sort(),
    average: orders.reduce((sum, { amount }) => sum + amount, 0) / orders.length,
  }
}

for (const parallelism of [1, 3]) {
  test(`state of every kind is what a model says at parallelism ${parallelism}`, {
    timeout,
  }, async () => {
    const args = { orders: String(orderCount) }
    const result = await cluster.run(module, { args, parallelism })
    const emitted = result.collected<{ user: string; count: number; lastIds: number[] }>('of-user')
    assert.equal(emitted.length, orderCount)
    const ofUser = Map.groupBy(emitted, ({ user }) => user)
    assert.ok(ofUser.size > 3, `${ofUser.size} users`)
    for (const [user, all] of ofUser) {
      // In the order in which the subtask got them, whatever that was.
      const inOrder = all.toSorted((left, right) => left.count - right.count)
      const orders: Order[] = []
      for (const each of inOrder) {
        orders.push(orderOf(each.lastIds.at(-1) as number))
        assert.deepEqual(each, everythingOf(orders))
      }
      assert.ok(orders.every((order) => order.user === user))
    }
  })
}

test('what expired does not come back, and is counted', { timeout }, async () => {
  const result = await cluster.run(module, { args: { orders: '1' }, parallelism: 2 })
  assert.deepEqual(
    result.collected('remembered'),
    Array.from({ length: 10 }, () => -1),
  )
  const counts = result.details.vertices.flatMap(({ subtasks }) =>
    subtasks.map(({ metrics }) => metrics?.droppedByReason['expired state entries'] ?? 0),
  )
  const total = counts.reduce((sum, count) => sum + count, 0)
  // Whether the last one was still found is a question of time.
  assert.ok(total === 9 || total === 10, `${total} expired`)
})

const mistakes: readonly (readonly [string, string, RegExp])[] = [
  ['no-key', 'KEY_INVALID', /asks for the state 'counts', but its input has no keys.*keyBy/],
  ['open', 'KEY_INVALID', /State 'state' was used outside of a record that has a key/],
  ['close', 'KEY_INVALID', /State 'state' was used outside of a record that has a key/],
  ['duplicate', 'STATE_NAME_DUPLICATE', /'state' is asked for twice, with the kinds/],
]
for (const [mistake, code, message] of mistakes) {
  test(`a mistake with keyed state is told: ${mistake}`, { timeout }, async () => {
    await assert.rejects(cluster.run(module, { args: { mistake } }), { code, message })
  })
}
