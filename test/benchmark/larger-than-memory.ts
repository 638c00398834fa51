// Proof that state may be larger than memory, and survives: a JobManager and a TaskManager as users
// start them, the TaskManager in a control group with 1 GB of memory and no swap. A job writes the
// values of many keys, 100 bytes each, and then reads all of them. When half is written the
// TaskManager is killed with -9 and another one started. In the end each key was read with the
// right value and is in files exactly once, and the local state is gone. Takes root, for the group.
//   node --conditions=source test/benchmark/larger-than-memory.ts --keys=20000000
//     --memory=1024        megabytes for the TaskManager; 0: no group, no limit, no need of root
//     --order=sorted       keys come in batches of 2 M, in each in the order of their key groups;
//                          with `sequence` each key goes to another place of the local database
//     --parallelism=1      slots, each with a database of its own
//     --report=60          seconds from one line of progress to the next
//     --cache=64           megabytes of entries as objects, of each slot

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { JobId, MillraceError } from '@millrace/core'
import { createDispatcherClient, type JobDetails } from '@millrace/rpc'
import { MemoryCgroup } from './larger-than-memory-cgroup.ts'
import { countVerified, diskBytes, positionOf } from './larger-than-memory-files.ts'

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '20000000' },
    memory: { type: 'string', default: '1024' },
    order: { type: 'string', default: 'sorted' },
    parallelism: { type: 'string', default: '1' },
    report: { type: 'string', default: '60' },
    cache: { type: 'string', default: '64' },
    interval: { type: 'string', default: '10 s' },
  },
})
const keyCount = Number(values.keys)
const reportMs = Number(values.report) * 1000
const main = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'src', 'main.ts')
const node = [process.execPath, '--conditions=source'] as const
const startedMs = performance.now()
const pollMs = 250
const megabyte = 2 ** 20

const memoryBytes = Number(values.memory) * megabyte
const cgroup = memoryBytes > 0 ? MemoryCgroup.make(memoryBytes) : undefined
const directory = mkdtempSync(join(tmpdir(), 'millrace-larger-'))
const localState = join(directory, 'local')
const out = join(directory, 'out')
const port = await freePort()
const client = createDispatcherClient(`127.0.0.1:${port}`)
const children = new Set<ChildProcess>()
let anonymousMostBytes = 0
let localMostBytes = 0
try {
  await run()
} finally {
  client.close()
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([...children].map(exited))
  rmSync(directory, { recursive: true, force: true })
  cgroup?.remove()
}

async function run(): Promise<void> {
  say(`${keyCount} keys, ${values.memory} MB, order ${values.order}, ${values.parallelism} slots`)
  const jobManager = start('jobmanager', [...node, main, 'jobmanager'])
  await registered(0)
  let taskManager = startTaskManager(1)
  await registered(1)
  const jobId = submit()
  await progress(jobId, (position) => position >= keyCount / 2)
  say('kill -9 of the TaskManager')
  const { pid } = taskManager
  taskManager.kill('SIGKILL')
  await exited(taskManager)
  taskManager = startTaskManager(2)
  const details = await progress(jobId, () => false)
  assert.equal(details.status, 'FINISHED', details.failure?.message)
  const restored = details.checkpoints?.latestRestored
  assert.ok(restored !== undefined, 'The job did not go on from a checkpoint')
  say(`finished; went on from checkpoint ${restored.checkpointId}`)
  assert.equal(await countVerified(join(out, 'verified'), keyCount), keyCount)
  say(`each of ${keyCount} keys was read with its value, and is in the files exactly once`)
  const left = diskBytes(localState)
  say(`local state: ${inMb(localMostBytes)} MB at most, ${inMb(left)} MB after the job`)
  taskManager.kill('SIGTERM')
  await exited(taskManager)
  const files = readdirSync(localState, { recursive: true })
  assert.deepEqual(files, [], `Local files of processes ${pid} and ${taskManager.pid} are left`)
  say('local files: none')
  if (cgroup !== undefined) {
    const { peakBytes } = cgroup.usage()
    const own = `${inMb(anonymousMostBytes)} MB of its own`
    say(`memory of the TaskManager at most: ${own}, ${inMb(peakBytes)} MB with copies of files`)
  }
  jobManager.kill('SIGTERM')
  await exited(jobManager)
}

/** Prints how far the job is now and then, until it is over or `isDone` says so. */
async function progress(jobId: JobId, isDone: (position: number) => boolean): Promise<JobDetails> {
  let last = { atMs: performance.now(), position: positionOf(out) }
  for (;;) {
    await delay(pollMs)
    const details = await detailsOf(jobId)
    checkMemory()
    if (details === undefined) continue
    const position = positionOf(out)
    const isOver = details.endedAtMs > 0
    const hasCheckpoint = details.checkpoints?.latestCompleted !== undefined
    const isEnd = isOver || (hasCheckpoint && isDone(position))
    const now = performance.now()
    if (isEnd || now - last.atMs >= reportMs) {
      report(details, position, ((position - last.position) / (now - last.atMs)) * 1000)
      last = { atMs: now, position }
    }
    if (isEnd) return details
  }
}

/** undefined where the JobManager did not answer in time, as on a machine that stood still. */
async function detailsOf(jobId: JobId): Promise<JobDetails | undefined> {
  try {
    return await client.requestJob(jobId)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.disposition !== 'retry') throw error
    assert.ok([...children].every(isRunning), error.message)
    say(error.message)
    return undefined
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

function checkMemory(): void {
  if (cgroup === undefined) return
  const { anonymousBytes, endedCount } = cgroup.usage()
  anonymousMostBytes = Math.max(anonymousMostBytes, anonymousBytes)
  assert.equal(endedCount, 0, `The TaskManager had not enough: ${inMb(anonymousMostBytes)} MB`)
}

function report({ status, checkpoints }: JobDetails, position: number, perSecond: number): void {
  const localBytes = diskBytes(localState)
  localMostBytes = Math.max(localMostBytes, localBytes)
  const done = checkpoints?.latestCompleted
  const checkpoint =
    done === undefined
      ? 'no checkpoint'
      : `checkpoint ${done.checkpointId} of ${inMb(done.totalBytes)} MB, ` +
        `${inMb(done.writtenBytes)} MB of it new, in ${Math.round(done.durationMs)} ms`
  const usage = cgroup?.usage()
  const memory =
    usage === undefined
      ? ''
      : `memory ${inMb(usage.currentBytes)} MB, ${inMb(usage.anonymousBytes)} MB of its own; `
  say(
    `${status} wrote ${Math.min(position, keyCount)} read ${Math.max(0, position - keyCount)}, ` +
      `${Math.round(perSecond)}/s; ${memory}local state ${inMb(localBytes)} MB; ${checkpoint}`,
  )
}

function startTaskManager(attempt: number): ChildProcess {
  const settings = [
    `io.tmp.dirs=${localState}`,
    `taskmanager.numberOfTaskSlots=${values.parallelism}`,
    'taskmanager.slot.heap-size=160 mb',
  ]
  const command = [...node, main, 'taskmanager', ...asFlags(settings)]
  return start(`taskmanager-${attempt}`, cgroup?.wrap(command) ?? command)
}

function start(name: string, [command = '', ...args]: readonly string[]): ChildProcess {
  const cwd = join(directory, name)
  mkdirSync(cwd)
  const log = openSync(join(cwd, 'output'), 'a')
  const settings = [
    ...['jobmanager.rpc.address=127.0.0.1', `jobmanager.rpc.port=${port}`, 'log.format=json'],
    ...[`execution.checkpointing.dir=${join(directory, 'checkpoints')}`],
    ...[`execution.checkpointing.interval=${values.interval}`],
    ...['state.backend.type=leveldb', `state.backend.leveldb.object-cache-size=${values.cache} mb`],
  ]
  const child = spawn(command, [...args, ...asFlags(settings)], {
    cwd,
    stdio: ['ignore', log, log],
  })
  children.add(child)
  return child
}

function asFlags(settings: readonly string[]): readonly string[] {
  return settings.flatMap((setting) => ['--set', setting])
}

function submit(): JobId {
  const job = join(import.meta.dirname, 'jobs', 'larger-than-memory.ts')
  const [command, ...flags] = node
  const { parallelism, order } = values
  const where = ['--jobmanager', `127.0.0.1:${port}`, '--parallelism', parallelism]
  const args = ['--keys', String(keyCount), '--order', order, '--out', out]
  const run = [...flags, main, 'run', job, '--detached', ...where, '--', ...args]
  const done = spawnSync(command, run, { encoding: 'utf8' })
  assert.equal(done.status, 0, `${done.stdout}${done.stderr}`)
  return JobId.parse(done.stdout.trim().split('\n').at(-1) ?? '')
}

async function registered(count: number): Promise<void> {
  const deadlineMs = performance.now() + 60_000
  for (;;) {
    const fresh = createDispatcherClient(`127.0.0.1:${port}`)
    try {
      if ((await fresh.requestClusterOverview()).taskManagers.length >= count) return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
    } finally {
      fresh.close()
    }
    await delay(pollMs)
  }
}

async function exited(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await once(child, 'exit')
  children.delete(child)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

function inMb(bytes: number): number {
  return Math.round(bytes / megabyte)
}

function say(text: string): void {
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  process.stdout.write(`${String(seconds).padStart(5)} s  ${text}\n`)
}
