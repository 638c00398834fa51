// What jobs saved is read by scripts, and jobs begin with what scripts wrote.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { types, ValueStateDescriptor } from 'millrace'
import { SavepointReader, SavepointWriter, savepointAccess } from 'millrace/state'
import { MiniCluster } from 'millrace/testing'
import { centsToEuros } from '../../examples/cents-to-euros.ts'
import { S3Server } from '../real-cluster/s3-server.ts'
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
 * was told of them, and where it was saved: on heap in a savepoint, else in a checkpoint.
 */
async function run(
  unit: 'cents' | 'euros',
  backend: 'heap' | 'leveldb',
  { from, first }: { readonly from?: string; readonly first: number },
): Promise<{ readonly told: readonly Spent[]; readonly saved: string }> {
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
  const stopped = backend === 'heap' ? await client.stop(folder) : undefined
  if (stopped === undefined) await client.cancel()
  await client.result()
  await cluster.untilIdle()
  const saved = stopped ?? checkpoints?.latestCompleted?.location
  assert.ok(saved !== undefined)
  return { told: told.filter(isNew), saved }
}

for (const backend of ['heap', 'leveldb'] as const) {
  test(`a job on ${backend} goes on in euros with what was counted in cents`, {
    timeout,
  }, async () => {
    const { saved } = await run('cents', backend, { first: 0 })
    const target = join(folder, `euros-${backend}`)
    const totals = await centsToEuros(saved, target)
    assert.equal(totals.size, 7)
    const orders = [...totals.values()].reduce((sum, euros) => sum + euros, 0)
    const { told } = await run('euros', backend, { from: target, first: orders })
    for (const { number, total } of told) assert.equal(total, Math.floor(number / 7) + 1)
  })
}

test('a job begins with state that a script made of nothing', { timeout }, async () => {
  const target = join(folder, 'fresh')
  const writer = SavepointWriter.create({ jobName: 'spent' })
  const users = Array.from({ length: 7 }, (_, index) => ({ key: `user ${index}`, value: 1000 }))
  writer.addOperator('totals', { parallelism: 3 }).addState(total, users)
  await writer.write(target)
  const { told, saved } = await run('euros', 'heap', { from: target, first: 0 })
  for (const { number, total } of told) assert.equal(total, 1000 + Math.floor(number / 7) + 1)
  const reader = await SavepointReader.open(saved)
  const totals = reader.operator('totals').readValueState(total, { key: 'user 0' })
  const { value: entry } = await totals.next()
  assert.ok(entry && entry.value > 1000)
})

test('savepoints in object storage are written and read', { timeout: 240_000 }, async () => {
  const server = await S3Server.start()
  try {
    const access = savepointAccess(server.settings())
    const location = `s3://${server.bucket}/savepoints/one`
    const writer = SavepointWriter.create({ jobName: 'spent' })
    const entries = Array.from({ length: 50_000 }, (_, key) => ({ key, value: key / 2 }))
    writer.addOperator('totals', { parallelism: 2 }).addState(total, entries)
    await writer.write(location, { access })
    const reader = await SavepointReader.open(`${location}/`, access)
    assert.deepEqual(await reader.verify(), [])
    let count = 0
    for await (const { key, value } of reader.operator('totals').readValueState(total)) {
      assert.equal(value, Number(key) / 2)
      count++
    }
    assert.equal(count, entries.length)
    const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
    const settings = Object.entries(server.settings()).map(
      ([key, value]) => `--set=${key}=${value}`,
    )
    const words = ['state', 'get', location, 'totals', 'total', '4711', ...settings]
    const command = [process.execPath, '--conditions=source', main, ...words] as const
    const { stdout } = await promisify(execFile)(command[0], command.slice(1))
    assert.equal(stdout, '2355.5\n')
  } finally {
    await server.stop()
  }
})
