// What becomes of a savepoint and of the job that begins with it; what is wrong with a path.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { type JobClient, MiniCluster } from 'millrace/testing'
import type { Told } from './jobs/changed-program.ts'

const module = new URL('./jobs/changed-program.ts', import.meta.url)
const timeout = 60_000
const folder = mkdtempSync(join(tmpdir(), 'millrace-restoring-'))
const key = 'execution.checkpointing'
const configuration = {
  [`${key}.interval`]: '50 ms',
  [`${key}.num-retained`]: '50',
  [`${key}.externalized-checkpoint-retention`]: 'RETAIN_ON_CANCELLATION',
}

let cluster: MiniCluster
before(async () => {
  cluster = await MiniCluster.start({ slotsPerTaskManager: 4 })
})
after(async () => {
  await cluster.close()
  rmSync(folder, { recursive: true, force: true })
})

const told = (client: JobClient, count = 20): Promise<readonly Told[]> =>
  client.collect<Told>('told', ({ length }) => length >= count)

async function end(client: JobClient): Promise<void> {
  await client.cancel()
  await client.result()
}

/** A checkpoint of a job, and the job, which runs on. */
async function saved(): Promise<{ readonly client: JobClient; readonly checkpoint: string }> {
  const client = await cluster.submit(module, { configuration })
  await told(client)
  const { checkpoints } = await client.until(
    (details) => (details.checkpoints?.completedCount ?? 0) >= 2,
  )
  const location = checkpoints?.latestCompleted?.location
  assert.ok(location !== undefined)
  return { client, checkpoint: dirname(location) }
}

test('a job needs what it began with no more, and goes back to it without checkpoints', {
  timeout,
}, async () => {
  const { client, checkpoint } = await saved()
  await end(client)
  const { jobId: savedId } = client
  // It takes no checkpoints by itself.
  const args = { failAfter: '200' }
  const later = await cluster.submit(module, { args, fromSavepoint: `${checkpoint}/_metadata` })
  assert.ok(existsSync(`${checkpoint}/_metadata`), 'it is not claimed')
  const ofSaved = dirname(checkpoint)
  assert.ok(ofSaved.endsWith(savedId))
  rmSync(ofSaved, { recursive: true })
  await later.until(({ failures }) => failures.length === 1)
  const numbers = await told(later, 250)
  const [first] = numbers
  assert.ok(first !== undefined && first.number > 10)
  for (const [index, { number, seen }] of numbers.entries()) {
    assert.deepEqual([number, seen], [first.number + index, first.seen + index])
    assert.equal(seen, number + 1)
  }
  const { checkpoints } = await later.details()
  assert.equal(checkpoints?.completedCount, 0)
  assert.equal(
    `chk-${checkpoints.latestRestored?.checkpointId}`,
    checkpoint.slice(ofSaved.length + 1),
  )
  await end(later)
})

test('a claimed checkpoint is deleted, with what no other one names', { timeout }, async () => {
  const { client, checkpoint } = await saved()
  await end(client)
  const claimed = await cluster.submit(module, {
    configuration: { ...configuration, 'execution.state-recovery.claim-mode': 'claim' },
    fromSavepoint: checkpoint,
  })
  const [first] = await told(claimed)
  assert.ok(first !== undefined && first.number > 10)
  await claimed.until(() => !existsSync(`${checkpoint}/_metadata`))
  await end(claimed)
})

test('a checkpoint of a job that runs can be gone on from, but not claimed', {
  timeout,
}, async () => {
  const { client, checkpoint } = await saved()
  const claim = { ...configuration, 'execution.state-recovery.claim-mode': 'CLAIM' }
  const claiming = cluster.submit(module, { configuration: claim, fromSavepoint: checkpoint })
  await assert.rejects(claiming, { code: 'ARGUMENT_INVALID', message: /which still runs/ })
  const beside = await cluster.submit(module, { configuration, fromSavepoint: checkpoint })
  const [first] = await told(beside)
  assert.ok(first !== undefined && first.number > 10)
  await Promise.all([end(client), end(beside)])
})

test('what is no savepoint is refused with its path, and nothing is left of it', {
  timeout,
}, async () => {
  const { client, checkpoint } = await saved()
  await end(client)
  const submit = (fromSavepoint: string, more: Readonly<Record<string, string>> = {}) =>
    cluster.submit(module, { configuration: { ...configuration, ...more }, fromSavepoint })
  const nowhere = join(folder, 'nowhere')
  await assert.rejects(submit(nowhere), (error: Error & { code: string }) => {
    assert.equal(error.code, 'SAVEPOINT_NOT_FOUND')
    return error.message.includes(nowhere)
  })
  const ofJob = dirname(checkpoint)
  await assert.rejects(submit(ofJob), /It has the checkpoints chk-\d+/)
  const damaged = mkdtempSync(join(folder, 'damaged-'))
  writeFileSync(join(damaged, '_metadata'), 'MRCHKPT\nand no more than that')
  await assert.rejects(submit(damaged), { code: 'CHECKPOINT_CORRUPT' })
  const drop = { 'execution.state-recovery.drop-state': 'totals/nothing;nobody' }
  await assert.rejects(submit(checkpoint, drop), (error: Error & { code: string }) => {
    assert.match(error.message, /--drop-state 'totals\/nothing' names nothing/)
    assert.match(error.message, /--drop-state 'nobody' names nothing/)
    return error.code === 'SAVEPOINT_STATE_UNMAPPED'
  })
  const jobs = await cluster.overview()
  assert.ok(jobs.jobs.every(({ status }) => status === 'CANCELED'))
})
