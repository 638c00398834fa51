// How a job is laid out: parallelism of each operator, chains, slot-sharing groups, names, and the
// life of a function.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { MillraceError } from 'millrace'
import { MiniCluster } from 'millrace/testing'
import { assertEveryEdgeCounted } from './edge-counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-structure-'))
const module = new URL('./jobs/structure.ts', import.meta.url)

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ taskManagers: 2, slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
})

test('operators are chained, spread and named as the program says', async () => {
  const result = await cluster.run(module, { args: { folder } })
  const layout = result.details.graph.vertices.map((vertex) => ({
    operators: vertex.operators.map(({ name }) => name),
    parallelism: vertex.parallelism,
    group: vertex.slotSharingGroup,
  }))
  const inDefault = { group: 'default' }
  assert.deepEqual(layout, [
    { operators: ['numbers', 'chained'], parallelism: 2, ...inDefault },
    { operators: ['alone'], parallelism: 2, ...inDefault },
    { operators: ['after-alone'], parallelism: 2, ...inDefault },
    { operators: ['head', 'after-head'], parallelism: 2, ...inDefault },
    { operators: ['diary', 'end'], parallelism: 3, ...inDefault },
    { operators: ['elsewhere', 'second-end'], parallelism: 1, group: 'second' },
  ])
  for (const vertex of result.details.vertices) {
    assert.deepEqual(
      vertex.subtasks.map(({ subtaskIndex, state }) => [subtaskIndex, state]),
      Array.from({ length: vertex.parallelism }, (_, index) => [index, 'FINISHED']),
    )
  }
  assertEveryEdgeCounted(result)
  assertLives(result.collected<string>('end'))
  const second = result.collected<number>('second-end')
  assert.deepEqual(
    second.toSorted((left, right) => left - right),
    Array.from({ length: 100 }, (_, index) => index + 2),
  )
  await cluster.untilIdle()
})

/** open() before the first record, close() after the last, once in each subtask. */
function assertLives(records: readonly string[]): void {
  const values = records.map((record) => Number(record.split(' ').at(-1)))
  assert.deepEqual(
    values.toSorted((left, right) => left - right),
    Array.from({ length: 100 }, (_, index) => index + 6),
  )
  for (const record of records) assert.match(record, /^open diary [012]\/3 0 \d+$/)
  assert.deepEqual(readdirSync(folder).sort(), ['diary-0', 'diary-1', 'diary-2'])
  for (const [subtask, name] of readdirSync(folder).sort().entries()) {
    const own = records.filter((record) => record.startsWith(`open diary ${subtask}/3 `))
    const diary = readFileSync(join(folder, name), 'utf8')
    assert.equal(diary, `open\nclose after ${own.length}\n`)
  }
}

test('a slot-sharing group of its own takes slots of its own', { timeout: 60_000 }, async () => {
  const small = await MiniCluster.start({ taskManagers: 1, slotsPerTaskManager: 3 })
  const args = { folder: mkdtempSync(join(folder, 'small-')) }
  try {
    // Three slots for the default group, and one for the other.
    await assert.rejects(
      small.run(module, { args, configuration: { 'slot.request.timeout': '200 ms' } }),
      (error: MillraceError) => {
        assert.equal(error.code, 'SLOTS_MISSING', error.message)
        assert.equal(error.details['needed'], 4)
        return true
      },
    )
    await small.startTaskManager()
    assert.equal((await small.run(module, { args })).status, 'FINISHED')
  } finally {
    await small.close()
  }
})
