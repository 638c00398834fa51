// The compose file on a real Docker daemon of our own: builds the image, starts a JobManager and
// two TaskManagers, scales to four, runs jobs from inside and from the host, survives kills.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createDispatcherClient, type DispatcherClient } from '@millrace/rpc'

const root = join(import.meta.dirname, '..', '..')
const services = join(root, 'test', 'services')
const directory = join(tmpdir(), 'millrace-docker')
const node = join(root, 'node_modules', '.bin', 'node')
const project = 'millrace-test'
const baseImage = 'node:24-bookworm-slim'
const sizeMbMax = 80

const environment: NodeJS.ProcessEnv = {
  ...process.env,
  DOCKER_HOST: `unix://${directory}/docker.sock`,
  DOCKER_BUILDKIT: '1',
  PATH: `/usr/bin:/usr/sbin:/sbin:${process.env['PATH']}`,
}
let client: DispatcherClient

function run(command: string, args: readonly string[], timeoutMs = 280_000): string {
  const done = spawnSync(command, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: timeoutMs,
  })
  assert.equal(done.status, 0, `${command} ${args.join(' ')}:\n${done.stdout}${done.stderr}`)
  return done.stdout
}

const docker = (...args: readonly string[]): string => run('/usr/bin/docker', args)
const compose = (...args: readonly string[]): string =>
  run('/usr/bin/docker-compose', ['--project-name', project, ...args])
const millrace = (...args: readonly string[]): string =>
  compose('exec', '-T', 'jobmanager', 'millrace', ...args)

/** A machine that cannot run a daemon says so; under CI that is a failure. */
before(() => {
  mkdirSync(directory, { recursive: true })
  run('bash', [join(services, 'up-docker.sh'), directory])
  run('bash', [join(services, 'make-base-image.sh'), directory, node])
  const certificates = '/etc/ssl/certs/ca-certificates.crt'
  docker(
    ...['build', '--quiet', '--network', 'host', '--tag', 'millrace'],
    ...(existsSync(certificates) ? ['--secret', `id=ca-certificates,src=${certificates}`] : []),
    ...['--file', 'deploy/docker/Dockerfile', '.'],
  )
  compose('up', '--detach', '--no-build')
  client = createDispatcherClient('127.0.0.1:6123')
})

after(() => {
  client?.close()
  spawnSync('/usr/bin/docker-compose', ['--project-name', project, 'down', '--timeout', '5'], {
    cwd: root,
    env: environment,
  })
  run('bash', [join(services, 'down-docker.sh'), directory])
})

async function untilTaskManagers(count: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const overview = await client.requestClusterOverview().catch(() => undefined)
    const found = overview?.taskManagers.filter(({ state }) => state === 'active').length
    if (found === count) return
    assert(performance.now() < deadline, `${found} TaskManagers instead of ${count}`)
    await delay(100)
  }
}

async function untilRunning(restartCount: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const [job] = await client.listJobs()
    if (job?.status === 'RUNNING' && job.restartCount >= restartCount) return
    assert(performance.now() < deadline, `the job is ${JSON.stringify(job)}`)
    await delay(100)
  }
}

test('the image is small and does not run as root', () => {
  const size = (image: string): number =>
    Number(docker('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6
  const added = size('millrace') - size(baseImage)
  assert(added <= sizeMbMax, `the image adds ${added.toFixed(0)} MB to ${baseImage}`)
  assert.equal(
    docker('image', 'inspect', '--format', '{{.Config.User}}', 'millrace').trim(),
    'node',
  )
})

test('compose starts a JobManager and two TaskManagers, reachable from the host only', async () => {
  await untilTaskManagers(2)
  const id = compose('ps', '--quiet', 'jobmanager').trim()
  assert.match(docker('port', id), /127\.0\.0\.1:6123/)
  assert.equal(docker('inspect', '--format', '{{.State.Health.Status}}', id).trim(), 'healthy')
})

test('more TaskManagers register when the service is scaled', async () => {
  compose('up', '--detach', '--no-build', '--scale', 'taskmanager=4')
  await untilTaskManagers(4)
})

test('a job is submitted inside and survives that a TaskManager is killed', async () => {
  millrace('run', '--detached', '--parallelism', '2', '/opt/millrace/examples/rate.ts')
  await untilRunning(0)
  const [job] = await client.listJobs()
  assert(job !== undefined)
  const details = await client.requestJob(job.jobId)
  const used = details.vertices[0]?.subtasks[0]?.taskManagerId
  const { taskManagers } = await client.requestClusterOverview()
  const host = taskManagers.find((each) => each.taskManagerId === used)?.dataHost
  const container = compose('ps', '--quiet', 'taskmanager')
    .split('\n')
    .find((id) => id !== '' && host !== undefined && isContainer(id, host))
  assert(container !== undefined, `no container for ${host}`)
  docker('kill', '--signal', 'KILL', container)
  await untilRunning(1)
})

test('all TaskManagers killed: the job waits and runs again when they are back', async () => {
  compose('kill', '-s', 'KILL', 'taskmanager')
  await untilTaskManagers(0)
  const before = (await client.listJobs())[0]?.restartCount ?? 0
  compose('up', '--detach', '--no-build')
  await untilTaskManagers(2)
  await untilRunning(Math.max(1, before))
})

test('the command line of the host submits to the published port', async () => {
  const main = join(root, 'packages', 'cli', 'src', 'main.ts')
  run(node, ['--conditions=source', main, 'list', '--jobmanager', '127.0.0.1:6123'])
  const [job] = await client.listJobs()
  assert(job !== undefined)
  run(node, ['--conditions=source', main, 'cancel', job.jobId, '--jobmanager', '127.0.0.1:6123'])
})

function isContainer(id: string, host: string): boolean {
  const format = '{{.Config.Hostname}} {{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
  return docker('inspect', '--format', format, id).trim().split(' ').includes(host)
}
