// The compose file on a real Docker daemon: builds the image, starts a JobManager and two
// TaskManagers, scales to four, runs jobs from inside and from the host. A job with state comes
// out exact though its TaskManagers and the JobManager are killed.
//
// The daemon is the one of this host, or where none answers one of our own, which ends with the
// test, however the test ends.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { JobId } from '@millrace/core'
import { createDispatcherClient, type DispatcherClient, type JobDetails } from '@millrace/rpc'
import { checkTotals } from '../../examples/demo/totals-check.ts'
import { freePort } from '../real-cluster/real-cluster.ts'

const root = join(import.meta.dirname, '..', '..')
const services = join(root, 'test', 'services')
const daemonDirectory = join(tmpdir(), 'millrace-docker')
const main = join(root, 'packages', 'cli', 'src', 'main.ts')
const exactlyOnce = join(root, 'examples', 'exactly-once.ts')
const project = 'millrace-test'
const baseImage = 'node:24-bookworm-slim'
const certificates = '/etc/ssl/certs/ca-certificates.crt'
const sizeMbMax = 80
const orderCount = 80_000
const ordersPerSecondMax = 5_000
const ordersPerSecondMin = 500
/** Commands to Docker may take seconds. */
const lateShare = 0.6
const execute = promisify(execFile)

const environment: NodeJS.ProcessEnv = { ...process.env, DOCKER_BUILDKIT: '1' }
const ownDaemon = !succeeds('docker', 'version')
if (ownDaemon) {
  environment['DOCKER_HOST'] = `unix://${daemonDirectory}/docker.sock`
  environment['PATH'] = `/usr/bin:/usr/sbin:/sbin:${process.env['PATH']}`
}
let client: DispatcherClient
let composeCommand: readonly string[] = []

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { env: environment, timeout: 20_000 }).status === 0
}

/** Not synchronously: meanwhile the client has to answer what keeps its connection alive. */
async function run(command: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const options = { cwd: root, env: environment, timeout: timeoutMs, maxBuffer: 64 << 20 }
  const { stdout } = await execute(command, args, options).catch((error: unknown) => {
    const { stdout: out, stderr: err } = error as { readonly stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${out}${err}`, { cause: error })
  })
  return stdout
}

const docker = (...args: readonly string[]): Promise<string> => run('docker', args)
const compose = (...args: readonly string[]): Promise<string> => {
  const [command = '', ...words] = composeCommand
  return run(command, [...words, '--project-name', project, ...args])
}
const up = (...args: readonly string[]): Promise<string> =>
  compose('up', '--detach', '--no-build', '--no-recreate', ...args)

/** The command line in the JobManager's container. */
const inside = (...args: readonly string[]): Promise<string> =>
  compose('exec', '-T', 'jobmanager', 'millrace', ...args)

/** The command line on the host, which finds the published port by the same variable. */
const onHost = (...args: readonly string[]): Promise<string> =>
  run(process.execPath, ['--conditions=source', main, ...args])

/** A machine that cannot run a daemon says so: that is a failure. */
before(async () => {
  if (ownDaemon) {
    const node = process.execPath
    mkdirSync(daemonDirectory, { recursive: true })
    const owner = String(process.pid)
    await run('bash', [join(services, 'up-docker.sh'), daemonDirectory, owner], 120_000)
    await run('bash', [join(services, 'make-base-image.sh'), daemonDirectory, node], 240_000)
  } else if (!succeeds('docker', 'image', 'inspect', baseImage)) {
    await run('docker', ['pull', '--quiet', baseImage], 240_000)
  }
  composeCommand = succeeds('docker', 'compose', 'version')
    ? ['docker', 'compose']
    : ['docker-compose']
  await build()
  environment['MILLRACE_JOBMANAGER_RPC_PORT'] = String(await freePort())
  await up()
  client = createDispatcherClient(`127.0.0.1:${environment['MILLRACE_JOBMANAGER_RPC_PORT']}`)
})

after(async () => {
  client?.close()
  try {
    if (composeCommand.length > 0) await compose('down', '--volumes', '--timeout', '5')
  } finally {
    if (ownDaemon) await run('bash', [join(services, 'down-docker.sh'), daemonDirectory])
  }
})

async function build(): Promise<void> {
  const secret = `id=ca-certificates,src=${certificates}`
  await run(
    'docker',
    [
      ...['build', '--quiet', '--file', 'deploy/docker/Dockerfile', '--tag', 'millrace'],
      // Names are known to the host where its containers may know none.
      ...(ownDaemon ? ['--network', 'host'] : []),
      ...(existsSync(certificates) ? ['--secret', secret] : []),
      '.',
    ],
    240_000,
  )
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const found = await look()
    if (found !== undefined) return found
    const isLate = performance.now() > deadline
    const logs = isLate ? await compose('logs', '--tail=30') : ''
    assert(!isLate, `not within a minute: ${what}\n${logs}`)
    await delay(50)
  }
}

async function untilTaskManagers(count: number): Promise<void> {
  await until(`${count} TaskManagers`, async () => {
    const overview = await client.requestClusterOverview().catch(() => undefined)
    const active = overview?.taskManagers.filter(({ state }) => state === 'active')
    return active?.length === count ? true : undefined
  })
}

/** Waits over a time without JobManager, and until it has taken the job over. */
async function untilJob(
  jobId: JobId,
  what: string,
  isReached: (job: JobDetails) => boolean,
): Promise<JobDetails> {
  return await until(`the job is ${what}`, async () => {
    const job = await requestJob(jobId)
    if (job === undefined) return undefined
    if (!isReached(job)) assert.equal(job.endedAtMs, 0, `it is ${job.status}, not ${what}`)
    return isReached(job) ? job : undefined
  })
}

async function requestJob(jobId: JobId): Promise<JobDetails | undefined> {
  try {
    return await client.requestJob(jobId)
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code === 'JOB_MANAGER_UNREACHABLE' || code === 'JOB_NOT_FOUND') return undefined
    throw error
  }
}

const isRunning = (job: JobDetails): boolean =>
  job.vertices.every(({ subtasks }) => subtasks.every(({ state }) => state === 'RUNNING'))
const isOver = (job: JobDetails): boolean => job.endedAtMs > 0
const restoredId = (job: JobDetails): number => job.checkpoints?.latestRestored?.checkpointId ?? 0

/** A job with state, submitted from the host. */
async function submitTotals(output: string, ordersPerSecond: number): Promise<JobId> {
  const before = new Set((await client.listJobs()).map(({ jobId }) => jobId))
  const args = { count: orderCount, rate: ordersPerSecond, interval: '200 ms', output }
  const words = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)])
  await onHost('run', exactlyOnce, '--detached', '--parallelism', '4', '--', ...words)
  const job = (await client.listJobs()).find(({ jobId }) => !before.has(jobId))
  assert(job !== undefined)
  return job.jobId
}

/** Waits for the end. */
async function assertExactTotals(jobId: JobId, output: string): Promise<void> {
  const { status, failure } = await untilJob(jobId, 'ended', isOver)
  assert.equal(status, 'FINISHED', failure?.message)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-totals-'))
  try {
    const [jobManager = ''] = await containersOf('jobmanager')
    await docker('cp', `${jobManager}:${output}/.`, folder)
    const { lineCount, findings } = checkTotals(folder, orderCount)
    const problems = findings.flatMap((finding) => finding.problems)
    assert.deepEqual({ lineCount, problems }, { lineCount: orderCount, problems: [] })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * `strike` returns false where it was too late, the job over or, as `isLate` tells, almost: on a
 * busy machine it is done again, with slower orders. A JobManager does not know jobs that were over
 * under the one before.
 */
async function assertSurvives(
  taskManagerCount: number,
  strike: (jobId: JobId, isLate: () => boolean) => Promise<boolean>,
): Promise<void> {
  for (let rate = ordersPerSecondMax; rate > ordersPerSecondMin; rate /= 2) {
    await up('--scale', `taskmanager=${taskManagerCount}`)
    await untilTaskManagers(taskManagerCount)
    const output = `/data/totals-${outputCount++}`
    const jobId = await submitTotals(output, rate)
    const lateAt = performance.now() + (orderCount / rate) * 1000 * lateShare
    await untilCheckpoint(jobId)
    const isStruck = await strike(jobId, () => performance.now() > lateAt)
    await assertExactTotals(jobId, output)
    if (isStruck) return
  }
  assert.fail('every kill came too late')
}

let outputCount = 0

async function untilCheckpoint(jobId: JobId): Promise<void> {
  const isReached = (job: JobDetails): boolean => (job.checkpoints?.completedCount ?? 0) > 0
  await untilJob(jobId, 'saved', (job) => isReached(job) || isOver(job))
}

/** False where the job ended without. */
async function goesOnFromCheckpoint(jobId: JobId): Promise<boolean> {
  const isReached = (job: JobDetails): boolean => restoredId(job) > 0 && isRunning(job)
  return !isOver(await untilJob(jobId, 'restored', (job) => isReached(job) || isOver(job)))
}

async function containersOf(service: string): Promise<readonly string[]> {
  return (await compose('ps', '--quiet', service)).trim().split('\n')
}

async function inspected(id: string, format: string): Promise<string> {
  return (await docker('inspect', '--format', format, id)).trim()
}

async function containerAt(address: string): Promise<string> {
  const addresses = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
  for (const id of await containersOf('taskmanager')) {
    if ((await inspected(id, addresses)).split(' ').includes(address)) return id
  }
  return assert.fail(`no container has the address ${address}`)
}

test('the image is small and does not run as root', async (context) => {
  const size = async (image: string): Promise<number> =>
    Number(await inspected(image, '{{.Size}}')) / 1e6
  const added = (await size('millrace')) - (await size(baseImage))
  context.diagnostic(`${added.toFixed(1)} MB above ${baseImage}`)
  assert(added > 0 && added <= sizeMbMax, `the image adds ${added.toFixed(0)} MB to ${baseImage}`)
  const user = await docker('run', '--rm', '--entrypoint', 'id', 'millrace', '--user', '--name')
  assert.equal(user.trim(), 'node')
})

async function killTaskManagerOf(jobId: JobId): Promise<void> {
  const job = await client.requestJob(jobId)
  const used = job.vertices[0]?.subtasks[0]?.taskManagerId
  const { taskManagers } = await client.requestClusterOverview()
  const host = taskManagers.find(({ taskManagerId }) => taskManagerId === used)?.dataHost
  assert(host !== undefined, `no TaskManager ${used}`)
  await docker('kill', '--signal', 'KILL', await containerAt(host))
}

test('compose starts a healthy JobManager and two healthy TaskManagers', async () => {
  await untilTaskManagers(2)
  const containers = [...(await containersOf('jobmanager')), ...(await containersOf('taskmanager'))]
  assert.equal(containers.length, 3)
  await until('all are healthy', async () => {
    const format = '{{.State.Health.Status}}'
    const states = await Promise.all(containers.map((id) => inspected(id, format)))
    return states.every((state) => state === 'healthy') ? true : undefined
  })
})

test('the one published port is on 127.0.0.1', async () => {
  const [jobManager = ''] = await containersOf('jobmanager')
  const port = environment['MILLRACE_JOBMANAGER_RPC_PORT']
  assert.equal((await docker('port', jobManager)).trim(), `6123/tcp -> 127.0.0.1:${port}`)
  for (const id of await containersOf('taskmanager')) assert.equal(await docker('port', id), '')
})

test('more TaskManagers register when the service is scaled', async () => {
  await up('--scale', 'taskmanager=4')
  await untilTaskManagers(4)
})

test('a job that is submitted inside runs and prints in the TaskManagers', async () => {
  const said = await inside('run', '/opt/millrace/examples/running-total.ts')
  assert.match(said, /FINISHED running-total/)
  assert.match(await compose('logs', 'taskmanager'), /"?user"?: ?['"]ann['"], ?"?total"?: ?20/)
})

test('a job of the host is exact though a TaskManager and the JobManager are killed', async () => {
  await assertSurvives(4, async (jobId, isLate) => {
    await killTaskManagerOf(jobId)
    if (!(await goesOnFromCheckpoint(jobId))) return false
    const [jobManager = ''] = await containersOf('jobmanager')
    const restarts = (): Promise<string> => inspected(jobManager, '{{.RestartCount}}')
    const before = Number(await restarts())
    if (isLate()) return false
    // The process in the container, not the container: that is what the restart policy is for.
    await compose('exec', '-T', 'jobmanager', 'bash', '-c', 'kill -9 -1').catch(() => {})
    await until('the JobManager is started again', async () =>
      Number(await restarts()) > before ? true : undefined,
    )
    return await goesOnFromCheckpoint(jobId)
  })
})

test('the job of a killed JobManager goes on when its container is started again', async () => {
  await assertSurvives(2, async (jobId, isLate) => {
    if (isLate()) return false
    await compose('kill', '-s', 'KILL', 'jobmanager')
    await up('--scale', 'taskmanager=2')
    return await goesOnFromCheckpoint(jobId)
  })
})

test('all TaskManagers killed: the job waits, and ends exact when they are back', async () => {
  await assertSurvives(2, async (jobId) => {
    await compose('kill', '-s', 'KILL', 'taskmanager')
    await untilTaskManagers(0)
    await up('--scale', 'taskmanager=2')
    await untilTaskManagers(2)
    return await goesOnFromCheckpoint(jobId)
  })
})

test('checkpoints are listed and verified in the container', async () => {
  await inside('run', '--detached', '/opt/millrace/examples/exactly-once.ts')
  const job = (await client.listJobs()).find(
    ({ name, endedAtMs }) => name === 'exactly-once' && endedAtMs === 0,
  )
  assert(job !== undefined)
  await untilCheckpoint(job.jobId)
  assert.match(await inside('checkpoint', 'list', job.jobId), /exactly-once +\d+ /)
  assert.match(await inside('checkpoint', 'verify', job.jobId), /Checkpoint \d+ of job .* is whole/)
  await inside('cancel', job.jobId)
})

test('a job that is submitted inside can be canceled from the host', async () => {
  await inside('run', '--detached', '--parallelism', '2', '/opt/millrace/examples/rate.ts')
  const job = (await client.listJobs()).find(({ name }) => name === 'rate')
  assert(job !== undefined)
  await untilJob(job.jobId, 'running', isRunning)
  await onHost('cancel', job.jobId)
  await untilJob(job.jobId, 'canceled', ({ status }) => status === 'CANCELED')
})
