// A TaskManager in a network namespace is cut off from everything: its tasks run elsewhere after
// the heartbeat time-out, and when the cable is back it holds no stale task.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'

const services = join(import.meta.dirname, '..', 'services')
const unbounded = join(import.meta.dirname, 'jobs', 'unbounded-count.ts')
/** Of this run alone: others may test on the same machine. */
const namespace = `mr${process.pid % 1000}`
const subnet = `10.77.${process.pid % 256}`
const hostAddress = `${subnet}.254`
const namespaceAddress = `${subnet}.1`

let cluster: RealCluster | undefined

function shell(command: string, ...args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  const said = `${done.stdout}${done.stderr}${done.error?.message ?? ''}`
  assert.equal(done.status, 0, `${command} ${args.join(' ')} (it needs root): ${said}`)
}

function plug(state: 'up' | 'down'): void {
  shell('ip', 'link', 'set', `${namespace}-host`, state)
}

before(async () => {
  shell('bash', join(services, 'up-netns.sh'), namespace, subnet)
  cluster = await RealCluster.start({
    taskManagers: 0,
    slots: 1,
    settings: {
      'jobmanager.bind-host': '0.0.0.0',
      'taskmanager.bind-host': '0.0.0.0',
      'heartbeat.interval': '200 ms',
      'heartbeat.timeout': '4 s',
    },
  })
})

after(async () => {
  await cluster?.stop()
  spawnSync('bash', [join(services, 'down-netns.sh'), namespace])
})

test('a TaskManager that is cut off is replaced, and comes back without stale tasks', async () => {
  assert(cluster !== undefined)
  cluster.startTaskManager(
    { 'jobmanager.rpc.address': hostAddress, 'taskmanager.host': namespaceAddress },
    ['ip', 'netns', 'exec', namespace],
  )
  const { taskManagers } = await cluster.untilRegistered(1)
  const remote = taskManagers[0]
  const jobId = await cluster.submit(unbounded)
  const before = await cluster.untilJob(
    jobId,
    (job) => job.status === 'RUNNING' && recordsIn(job) > 0,
  )
  assert.equal(before.vertices[0]?.subtasks[0]?.taskManagerId, remote?.taskManagerId)
  cluster.startTaskManager({ 'taskmanager.host': hostAddress })
  const both = await cluster.untilRegistered(2)
  const local = both.taskManagers.find((each) => each.taskManagerId !== remote?.taskManagerId)

  plug('down')
  const moved = await cluster.untilJob(
    jobId,
    (job) => job.status === 'RUNNING' && job.restartCount === 1 && recordsIn(job) > 0,
  )
  for (const { subtasks } of moved.vertices) {
    assert.equal(subtasks[0]?.taskManagerId, local?.taskManagerId)
  }
  assert.equal(moved.failures.at(-1)?.failure.code, 'TASK_MANAGER_LOST')
  const alone = await cluster.client.requestClusterOverview()
  assert.deepEqual(
    alone.taskManagers.map((each) => each.taskManagerId),
    [local?.taskManagerId],
  )

  plug('up')
  const healed = await cluster.untilCluster(
    (overview) => overview.taskManagers.length === 2 && overview.freeSlotCount === 1,
  )
  const back = healed.taskManagers.find((each) => each.taskManagerId !== local?.taskManagerId)
  assert.equal(back?.freeSlotCount, 1)
  assert.equal(back.processId, remote?.processId, 'the same process registers again')
  const healedRecords = recordsIn(await cluster.client.requestJob(jobId))
  const later = await cluster.untilJob(jobId, (job) => recordsIn(job) > healedRecords)
  assert.equal(later.restartCount, 1)
})
