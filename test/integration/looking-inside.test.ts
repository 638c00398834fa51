// What jobs saved is read by scripts, and jobs begin with what scripts wrote.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { types, ValueStateDescriptor } from 'millrace'
import { SavepointReader, SavepointWriter } from 'millrace/state'
import { MiniCluster } from 'millrace/testing'
import { centsToEuros } from '../../examples/cents-to-euros.ts'
import type { Spent } from './jobs/spent.ts'

const module = new URL('./jobs/spent.ts', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'millrace-looking-inside-'))
const total = new ValueStateDescriptor('total', types.float64)
const timeout = 60_000
let cluster: MiniCluster

before(async () => {
  cluster = await MiniCluster.start({ slotsPerTaskManager: 2 })
})
after(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
})

/**
 * Runs until something was told of orders from the one of this number on, and saved. Returns what
 * was told of them, and the last checkpoint.
 */
async function run(
  unit: 'cents' | 'euros',
  backend: 'heap' | 'leveldb',
  { from, first }: { readonly from?: string; readonly first: number },
): Promise<{ readonly told: readonly Spent[]; readonly checkpoint: string }> {
  const client = await cluster.submit(module, {
    args: { unit },
    configuration: {
      'execution.checkpointing.interval': '50 ms',
      'execution.checkpointing.num-retained': '50',
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
      'state.backend.type': backend,
    },
    ...(from === undefined ? {} : { fromSavepoint: from }),
  })
  // Before them comes what the sink had still to tell when it was saved.
  const isNew = ({ number }: Spent): boolean => number >= first
  const told = await client.collect<Spent>('spent', (all) => all.filter(isNew).length > 24)
  const { checkpoints } = await client.until(
    (details) => (details.checkpoints?.completedCount ?? 0) >= 3,
  )
  await client.cancel()
  await client.result()
  await cluster.untilIdle()
  const location = checkpoints?.latestCompleted?.location
  assert.ok(location !== undefined)
  return { told: told.filter(isNew), checkpoint: location }
}

for (const backend of ['heap', 'leveldb'] as const) {
  test(`a job on ${backend} goes on in euros with what was counted in cents`, {
    timeout,
  }, async () => {
    const { checkpoint } = await run('cents', backend, { first: 0 })
    const target = join(folder, `euros-${backend}`)
    const totals = await centsToEuros(checkpoint, target)
    assert.equal(totals.size, 7)
    const orders = [...totals.values()].reduce((sum, euros) => sum + euros, 0)
    const { told } = await run('euros', backend, { from: target, first: orders })
    assert.equal(told[0]?.number, orders)
    for (const { number, total } of told) assert.equal(total, Math.floor(number / 7) + 1)
  })
}

test('a job begins with state that a script made of nothing', { timeout }, async () => {
  const target = join(folder, 'fresh')
  const writer = SavepointWriter.create({ jobName: 'spent' })
  const users = Array.from({ length: 7 }, (_, index) => ({ key: `user ${index}`, value: 1000 }))
  writer.addOperator('totals', { parallelism: 3 }).addState(total, users)
  await writer.write(target)
  const { told, checkpoint } = await run('euros', 'heap', { from: target, first: 0 })
  for (const { number, total } of told) assert.equal(total, 1000 + Math.floor(number / 7) + 1)
  const saved = await SavepointReader.open(checkpoint)
  const totals = saved.operator('totals').readValueState(total, { key: 'user 0' })
  const { value: entry } = await totals.next()
  assert.ok(entry && entry.value > 1000)
})
