import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobFunction } from '@millrace/api'
import { CheckpointDriver } from './checkpoint-driver-test-support.ts'
import { SlotCluster } from './slot-cluster-test-support.ts'
import { CommittedBatches, ReplayableSource, TwoPhaseSink } from './test-job-test-support.ts'

const perSubtask = 500

function copyJob(committed: CommittedBatches<number>): JobFunction {
  return (env) => {
    env
      .fromSource(new ReplayableSource(perSubtask, (n, subtask) => subtask * perSubtask + n), {
        name: 'numbers',
      })
      .rebalance()
      .map((n) => n)
      .sinkTo(new TwoPhaseSink(committed), { name: 'committed' })
  }
}

async function startCluster(committed: CommittedBatches<number>): Promise<{
  readonly cluster: SlotCluster
  readonly driver: CheckpointDriver
}> {
  const cluster = await SlotCluster.start(copyJob(committed), {
    slots: 2,
    checkpointing: 'EXACTLY_ONCE',
  })
  const driver = new CheckpointDriver(cluster)
  cluster.deploy()
  return { cluster, driver }
}

const all = Array.from({ length: 2 * perSubtask }, (_, n) => n)

function inOrder(committed: CommittedBatches<number>): readonly number[] {
  return committed.records.toSorted((left, right) => left - right)
}

test('a bounded job ends with a checkpoint that commits everything', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await startCluster(committed)
  driver.isNotifying = false
  await cluster.runUntil(() => driver.completed.length === 1)
  await cluster.settle()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['RUNNING']))
  assert.deepEqual(committed.records, [])
  const [final] = driver.completed
  assert.ok([...(final?.snapshots.values() ?? [])].every(({ isFinished }) => isFinished))
  driver.notifyLatest()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(inOrder(committed), all)
  assert.deepEqual(cluster.checkedCounts(), [2 * perSubtask])
  await cluster.checkReleased()
})

test('tasks that had finished are restored to commit, and emit nothing', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await startCluster(committed)
  driver.isNotifying = false
  await cluster.runUntil(() => driver.completed.length === 1)
  await driver.restart()
  assert.deepEqual(committed.records, [])
  driver.isNotifying = true
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(inOrder(committed), all)
  assert.deepEqual(cluster.checkedCounts(), [0])
  await cluster.checkReleased()
})

test('a final checkpoint that cannot be written is tried again', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await startCluster(committed)
  let failures = 0
  cluster.storage.beforeWrite = () => {
    if (failures++ < 1) throw new Error('no room')
  }
  await cluster.runToEnd()
  assert.equal(driver.declined.length, 1)
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(inOrder(committed), all)
  await cluster.checkReleased()
})

test('a commit that is rejected fails its task, and is made good by the next attempt', async () => {
  const committed = new CommittedBatches<number>()
  const { cluster, driver } = await startCluster(committed)
  let commits = 0
  committed.beforeCommit = () => {
    if (commits++ === 0) throw new Error('the database is away')
  }
  await cluster.runUntil(() => cluster.statesOf().includes('FAILED'))
  const [failure] = cluster.failures()
  assert.match(failure?.message ?? '', /'committed'.*the database is away/s)
  await driver.restart()
  await cluster.runToEnd()
  assert.deepEqual(new Set(cluster.statesOf()), new Set(['FINISHED']), cluster.describe())
  assert.deepEqual(inOrder(committed), all)
  await cluster.checkReleased()
})
