// npm run demo: a local cluster of real processes, a word count whose TaskManager is killed in the
// middle, an unbounded job that loses one as well, and what the cluster did about it. Every result
// is checked; the exit code is 1 if one is wrong. About a minute.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobId } from '@millrace/core'
import { createDispatcherClient, type JobDetails, type SubtaskDetails } from '@millrace/rpc'

const root = join(import.meta.dirname, '..')
const main = join(root, 'packages', 'cli', 'src', 'main.ts')
const directory = mkdtempSync(join(tmpdir(), 'millrace-demo-'))
const input = join(root, 'node_modules', '**', '*.md')
const output = join(directory, 'word-count')
const rateOutput = join(directory, 'rate')

const port = await freePort()
const address = `127.0.0.1:${port}`
const client = createDispatcherClient(address)
let failed = false
let ending: Promise<void> | undefined

// The cluster outlives the commands that started it: an interrupted demo has to end it, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending === undefined) say(`\nThe demo was interrupted by ${signal}.`)
    void end().then(() => process.exit(1))
  })
}

try {
  await runDemo()
} catch (error) {
  failed = true
  // An interrupted one fails of its end.
  const message = error instanceof Error ? error.message : String(error)
  if (ending === undefined) say(`\nThe demo failed: ${message}`)
}
await end()
process.exitCode = failed ? 1 : 0

/** Leaves nothing behind, whoever asks first. */
function end(): Promise<void> {
  ending ??= endCluster()
  return ending
}

async function endCluster(): Promise<void> {
  client.close()
  await millrace('cluster', 'stop', '--dir', directory).catch(() => {
    failed = true
  })
  rmSync(directory, { recursive: true, force: true })
}

async function runDemo(): Promise<void> {
  title('A cluster: one JobManager and four TaskManagers of one slot, each a process of its own')
  await millrace(
    ...['cluster', 'start', '--dir', directory, '--taskmanagers', '4', '--slots', '1'],
    ...['--set', `jobmanager.rpc.port=${port}`],
  )

  title(`Word count over every *.md file of the installed dependencies, on two of the slots`)
  const expected = countIndependently()
  await runWordCount()
  check('word count', compare(expected, readCounts()))

  title('The same again, and one of its TaskManagers is killed with -9 in the middle')
  rmSync(output, { recursive: true, force: true })
  const before = new Set((await client.listJobs()).map((job) => job.jobId))
  const running = runWordCount()
  const killing = killInTheMiddle(before)
  await running
  const { jobId, killed } = await killing
  check('word count after the kill', compare(expected, readCounts()))
  say(describeRecovery(await client.requestJob(jobId), killed))

  title('An unbounded job at 20,000 records a second; a TaskManager is killed, a spare takes over')
  const known = new Set((await client.listJobs()).map((job) => job.jobId))
  await millrace(
    ...['run', join('examples', 'rate.ts'), '--detached', '--jobmanager', address],
    ...['--parallelism', '2', '--', '--rate', '20000', '--output', rateOutput],
  )
  const rateJob = await untilListed(known)
  await until(rateJob, (job) => job.status === 'RUNNING' && recordsIn(job) > 20_000)
  const victim = await killOneOf(rateJob)
  const recovered = await until(rateJob, (job) => {
    const last = job.failures.at(-1)
    return (
      job.status === 'RUNNING' && last?.recoveredAfterMs !== undefined && recordsIn(job) > 20_000
    )
  })
  say(describeRecovery(recovered, victim))
  await millrace('status', rateJob, '--jobmanager', address)
  await millrace('cancel', rateJob, '--jobmanager', address)
}

async function killInTheMiddle(before: ReadonlySet<JobId>): Promise<{
  readonly jobId: JobId
  readonly killed: string
}> {
  const jobId = await untilListed(before)
  // A part of the sources may be done before the last task runs; the counting tasks are not.
  const started = ['INITIALIZING', 'RUNNING', 'FINISHED']
  await until(jobId, (job) => {
    const states = tasksOf(job).map((subtask) => subtask.state)
    return states.includes('RUNNING') && states.every((state) => started.includes(state))
  })
  return { jobId, killed: await killOneOf(jobId) }
}

function runWordCount(): Promise<void> {
  return millrace(
    ...['run', join('examples', 'word-count.ts'), '--jobmanager', address, '--parallelism', '2'],
    ...['--', '--input', input, '--output', output],
  )
}

/** The count, done again in the plainest way: no engine, one pass over the files. */
function countIndependently(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  let bytes = 0
  const files = globSync(input)
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    bytes += text.length
    for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
      counts.set(word, (counts.get(word) ?? 0) + 1)
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  say(
    `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, ${total} words, ` +
      `${counts.size} different ones`,
  )
  return counts
}

/** The job emits a word each time its count goes up: the highest is the result. */
function readCounts(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const file of globSync(join(output, 'part-*'))) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      const cut = line.lastIndexOf(' ')
      const word = line.slice(0, cut)
      counts.set(word, Math.max(counts.get(word) ?? 0, Number(line.slice(cut + 1))))
    }
  }
  return counts
}

function compare(
  expected: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): readonly string[] {
  const differences: string[] = []
  for (const word of new Set([...expected.keys(), ...found.keys()])) {
    const [wanted, got] = [expected.get(word) ?? 0, found.get(word) ?? 0]
    if (wanted !== got) differences.push(`'${word}': ${got} instead of ${wanted}`)
  }
  return differences
}

function check(what: string, differences: readonly string[]): void {
  if (differences.length === 0) {
    say(`✔ ${what}: every count equals the independent one`)
    return
  }
  failed = true
  say(`✘ ${what}: ${differences.length} counts differ, e.g. ${differences.slice(0, 5).join('; ')}`)
}

async function killOneOf(jobId: JobId): Promise<string> {
  const job = await client.requestJob(jobId)
  const { taskManagers } = await client.requestClusterOverview()
  const used = tasksOf(job).map((subtask) => subtask.taskManagerId)
  const victim = taskManagers.find((each) => used.includes(each.taskManagerId))
  if (victim === undefined) throw new Error('the job runs on no TaskManager')
  say(`\n$ kill -9 ${victim.processId}    # ${victim.taskManagerId}`)
  process.kill(victim.processId, 'SIGKILL')
  return victim.taskManagerId
}

function describeRecovery(job: JobDetails, killed: string): string {
  const lines = job.failures.map((failure) => {
    const took = failure.recoveredAfterMs
    const recovery =
      took === undefined ? 'not recovered yet' : `all tasks ran again after ${took.toFixed(0)} ms`
    return `  ${failure.failure.code} ${failure.taskName}: ${recovery}`
  })
  const now = tasksOf(job).map(
    (subtask) => `${subtask.taskManagerId} (attempt ${subtask.attemptNumber})`,
  )
  const restarts = job.restartCount === 1 ? 'one restart' : `${job.restartCount} restarts`
  return [
    `${killed} is gone, ${restarts}:`,
    ...lines,
    `  tasks now on ${[...new Set(now)].join(', ')}`,
  ].join('\n')
}

function tasksOf(job: JobDetails): readonly SubtaskDetails[] {
  return job.vertices.flatMap((vertex) => vertex.subtasks)
}

function recordsIn(job: JobDetails): number {
  return tasksOf(job).reduce((sum, subtask) => sum + (subtask.metrics?.recordsIn ?? 0), 0)
}

async function untilListed(before: ReadonlySet<JobId>): Promise<JobId> {
  for (;;) {
    const jobs = await client.listJobs()
    const job = jobs.find((each) => !before.has(each.jobId) && each.status !== 'INITIALIZING')
    if (job !== undefined) return job.jobId
    await delay(5)
  }
}

async function until(jobId: JobId, isReached: (job: JobDetails) => boolean): Promise<JobDetails> {
  for (const deadline = performance.now() + 60_000; ; ) {
    const job = await client.requestJob(jobId)
    if (isReached(job)) return job
    if (job.endedAtMs > 0) throw new Error(`job ${jobId} ended too early: ${job.status}`)
    if (performance.now() > deadline) throw new Error(`job ${jobId} is stuck: ${job.status}`)
    await delay(5)
  }
}

async function millrace(...args: readonly string[]): Promise<void> {
  say(`\n$ millrace ${args.map((arg) => (/[\s*]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`)
  const child = spawn(process.execPath, ['--conditions=source', main, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`millrace ${args[0]} ended with exit code ${code}`)
}

function title(text: string): void {
  say(`\n── ${text}`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  server.close()
  await once(server, 'close')
  if (bound === null || typeof bound === 'string') throw new Error('no free port')
  return bound.port
}
