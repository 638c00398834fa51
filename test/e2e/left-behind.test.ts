// What user code leaves behind when an attempt fails is gone before the next attempt begins.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { RealCluster } from '../real-cluster/real-cluster.ts'

const job = join(import.meta.dirname, 'jobs', 'left-behind.ts')

let cluster: RealCluster

before(async () => {
  cluster = await RealCluster.start({ taskManagers: 1, slots: 1 })
})

after(async () => {
  await cluster?.stop()
})

test('a second attempt sees no field, global, timer or promise of the first', async () => {
  const file = join(cluster.directory, 'left-behind.log')
  const lines = (): readonly string[] =>
    existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  const count = (line: string): number => lines().filter((each) => each === line).length

  const jobId = await cluster.submit(job, '--parallelism', '1', '--', '--file', file)
  // The same slot takes the second attempt: there is no other.
  await cluster.untilJob(jobId, () => count('1 timer') >= 20 && count('1 promise') >= 20)
  const said = lines()
  const secondOpened = said.findIndex((line) => line.startsWith('1 opened'))
  assert.equal(said[0], '0 opened 0 0 0')
  assert.equal(said[secondOpened], '1 opened 0 0 0')
  const late = said.slice(secondOpened).filter((line) => !line.startsWith('1 '))
  assert.deepEqual(late, [])

  await cluster.client.cancelJob(jobId)
  const { status, restartCount } = await cluster.untilEnded(jobId)
  assert.equal(status, 'CANCELED')
  assert.equal(restartCount, 1)
})
