// A TaskManager in a network namespace is cut off from everything: its tasks run elsewhere after
// the heartbeat time-out, and when the cable is back it holds no stale task.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fromSource, RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'

const namespace = `millrace-${process.pid % 1000}`
const services = join(import.meta.dirname, '..', 'services')
const unbounded = join(import.meta.dirname, 'jobs', 'unbounded-count.ts')
const hostAddress = '10.77.0.254'
const namespaceAddress = '10.77.0.1'

let cluster: RealCluster

function shell(command: string, ...args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  assert.equal(done.status, 0, `${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`)
}

before(async () => {
  shell('bash', join(services, 'up-netns.sh'), namespace)
  cluster = await RealCluster.start({
    taskManagers: 0,
    slots: 1,
    settings: {
      'jobmanager.bind-host': '0.0.0.0',
      'taskmanager.bind-host': '0.0.0.0',
      'taskmanager.host': hostAddress,
      'heartbeat.interval': '200 ms',
      'heartbeat.timeout': '2 s',
    },
  })
})

after(async () => {
  await cluster?.stop()
  spawnSync('bash', [join(services, 'down-netns.sh'), namespace])
})

test('a TaskManager that is cut off is replaced, and comes back without stale tasks', async () => {
  const port = cluster.address.split(':')[1]
  const settings = {
    'jobmanager.rpc.address': hostAddress,
    'jobmanager.rpc.port': port,
    'taskmanager.bind-host': '0.0.0.0',
    'taskmanager.host': namespaceAddress,
    'taskmanager.numberOfTaskSlots': '1',
    'io.tmp.dirs': cluster.directory,
    'heartbeat.interval': '200 ms',
    'heartbeat.timeout': '2 s',
  }
  const flags = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])
  const log = openSync(join(cluster.directory, 'partitioned.log'), 'a')
  const remote = spawn(
    'ip',
    ['netns', 'exec', namespace, process.execPath, ...fromSource, 'taskmanager', ...flags],
    { stdio: ['ignore', log, log] },
  )
  try {
    const { taskManagers } = await cluster.untilRegistered(1)
    const remoteId = taskManagers[0]?.taskManagerId
    const jobId = await cluster.submit(unbounded)
    await cluster.untilJob(jobId, (job) => job.status === 'RUNNING' && recordsIn(job) > 0)
    cluster.startTaskManager()
    await cluster.untilRegistered(2)

    shell('ip', 'link', 'set', `${namespace}-host`, 'down')
    const moved = await cluster.untilJob(
      jobId,
      (job) => job.status === 'RUNNING' && job.restartCount === 1 && recordsIn(job) > 0,
    )
    assert.notEqual(moved.vertices[0]?.subtasks[0]?.taskManagerId, remoteId)
    assert.equal((await cluster.client.requestClusterOverview()).taskManagers.length, 1)

    shell('ip', 'link', 'set', `${namespace}-host`, 'up')
    const healed = await cluster.untilCluster((overview) => overview.taskManagers.length === 2)
    assert.equal(healed.freeSlotCount, 1)
    const after = await cluster.client.requestJob(jobId)
    assert.equal(after.restartCount, 1)
  } finally {
    remote.kill('SIGTERM')
    if (remote.exitCode === null) await once(remote, 'exit')
  }
})
