// Every partitioner between vertices of several widths: who gets which record.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MiniCluster } from 'millrace/testing'
import { assertEveryEdgeCounted } from './edge-counts.ts'
import type { Routed } from './jobs/partitioners.ts'

const count = 3000

interface Widths {
  readonly senders: number
  readonly receivers: number
}

/** Counts by sender, and of each by receiver; 0 where nothing came. */
function routes(records: readonly Routed[], { senders, receivers }: Widths): number[][] {
  const counts = Array.from({ length: senders }, () => Array.from({ length: receivers }, () => 0))
  for (const { origin, target } of records) {
    const row = counts[origin]
    assert.ok(row?.[target] !== undefined, `from ${origin} to ${target}`)
    row[target]++
  }
  return counts
}

function assertEven(counts: readonly number[], message: string): void {
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${message}: ${counts}`)
}

const checks: Readonly<Record<string, (records: readonly Routed[], widths: Widths) => void>> = {
  forward: (records) => {
    for (const { origin, target } of records) assert.equal(target, origin)
  },
  rebalance: (records, widths) => {
    for (const row of routes(records, widths)) assertEven(row, 'a sender deals out in turn')
  },
  rescale: (records, widths) => {
    const rows = routes(records, widths)
    const { senders, receivers } = widths
    const targetsOf = (row: readonly number[]): readonly number[] => row.filter((sent) => sent > 0)
    for (const row of rows) assertEven(targetsOf(row), 'a sender deals out to its few in turn')
    const linkCount = rows.reduce((links, row) => links + targetsOf(row).length, 0)
    // Every subtask of the wider side has one partner.
    assert.equal(linkCount, Math.max(senders, receivers), `${senders} to ${receivers}: ${rows}`)
  },
  shuffle: (records, widths) => {
    const expected = count / widths.senders / widths.receivers
    // 3000 throws: less than half of what is expected, or twice as much, is no chance.
    for (const sent of routes(records, widths).flat()) {
      assert.ok(sent > expected / 2 && sent < expected * 2, `${sent}, expected ${expected}`)
    }
  },
  global: (records) => {
    for (const { target } of records) assert.equal(target, 0)
  },
  hash: (records) => {
    const targets = new Map<number, number>()
    for (const { value, target } of records) {
      const key = value % 10
      assert.equal(target, targets.get(key) ?? target, `key ${key} goes to one subtask`)
      targets.set(key, target)
    }
  },
  custom: (records, { receivers }) => {
    for (const { value, target } of records) assert.equal(target, value % receivers)
  },
}

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(() => cluster.close())

const widths: readonly Widths[] = [
  { senders: 1, receivers: 1 },
  { senders: 1, receivers: 3 },
  { senders: 2, receivers: 3 },
  { senders: 3, receivers: 2 },
  { senders: 3, receivers: 3 },
  { senders: 4, receivers: 2 },
]

for (const width of widths) {
  const { senders, receivers } = width
  test(`every partitioner keeps its promise from ${senders} to ${receivers} subtasks`, async () => {
    const args = { count: String(count), senders: String(senders), receivers: String(receivers) }
    const module = new URL('./jobs/partitioners.ts', import.meta.url)
    const result = await cluster.run(module, { args })
    const values = Array.from({ length: count }, (_, value) => value)
    for (const [kind, check] of Object.entries(checks)) {
      const records = result.collected<Routed>(kind)
      assert.deepEqual(sortedValues(records), values, kind)
      check(records, width)
    }
    const broadcast = result.collected<Routed>('broadcast')
    for (let target = 0; target < receivers; target++) {
      const there = broadcast.filter((record) => record.target === target)
      assert.deepEqual(sortedValues(there), values, `broadcast to ${target}`)
    }
    const edges = assertEveryEdgeCounted(result)
    for (const kind of Object.keys(checks)) {
      assert.deepEqual(edges.get(`target-${kind}`), [count], kind)
    }
    assert.deepEqual(edges.get('target-broadcast'), [count * receivers])
    await cluster.untilIdle()
  })
}

function sortedValues(records: readonly Routed[]): readonly number[] {
  return records.map(({ value }) => value).sort((left, right) => left - right)
}
