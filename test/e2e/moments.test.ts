// Processes that die at moments of a checkpoint's life which no random kill is sure to hit.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { JobId } from '@millrace/core'
import type { JobDetails } from '@millrace/rpc'
import { isAlive } from '../real-cluster/process-state.ts'
import { RealCluster, recordsIn } from '../real-cluster/real-cluster.ts'
import { untilEmpty } from '../real-cluster/until-empty.ts'
import { readKeyedTotals } from './keyed-totals-model.ts'

const job = join(import.meta.dirname, 'jobs', 'keyed-totals.ts')
const killAtLink = join(import.meta.dirname, '..', 'real-cluster', 'kill-at-link.ts')
const recordCount = 16_000
const ratePerSecond = 4_000
const waitMsMax = 60_000

let cluster: RealCluster

afterEach(async () => {
  await cluster?.stop()
})

/** Without any process yet. */
async function prepareCluster(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  cluster = await RealCluster.prepare(2, (directory) => ({
    'high-availability.type': 'filesystem',
    'high-availability.storageDir': join(directory, 'ha'),
    'execution.checkpointing.dir': join(directory, 'checkpoints'),
    'execution.checkpointing.interval': '200 ms',
    'heartbeat.interval': '200 ms',
    'heartbeat.timeout': '3 s',
    ...settings,
  }))
}

const output = (): string => join(cluster.directory, 'out')
const trouble = (): string => join(cluster.directory, 'trouble')

async function submit(count: number = recordCount): Promise<JobId> {
  await cluster.untilRegistered(1)
  const words = ['--n', count, '--rate', ratePerSecond, '--keys', 500].map(String)
  const places = ['--output', output(), '--trouble', trouble()]
  return await cluster.submit(job, '--parallelism', '2', '--', ...words, ...places)
}

async function assertExact(jobId: JobId, count: number = recordCount): Promise<JobDetails> {
  const details = await cluster.untilEndedOrStuck(jobId)
  assert.equal(details.status, 'FINISHED', details.failure?.message)
  const { lost, repeated, miscounted, lineCount } = readKeyedTotals(output(), count)
  assert.deepEqual({ lost, repeated, miscounted }, { lost: [], repeated: [], miscounted: [] })
  assert.equal(lineCount, count)
  assert.deepEqual(await untilEmpty(checkpointFiles), [])
  return details
}

function checkpointFiles(): readonly string[] {
  const entries = readdirSync(join(cluster.directory, 'checkpoints'), {
    recursive: true,
    withFileTypes: true,
  })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

/** Of checkpoints that have metadata, which no other process has seen yet or all have. */
function checkpointIds(): readonly number[] {
  return checkpointFiles()
    .map((path) => /chk-(\d+)\/_metadata$/.exec(path)?.[1])
    .filter((id) => id !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
}

const hasRecords = (details: JobDetails): boolean => recordsIn(details) > 0
const hasRestored = ({ checkpoints }: JobDetails): boolean =>
  checkpoints?.latestRestored !== undefined

test('what crashes before the first checkpoint begins anew', async () => {
  await prepareCluster({ 'execution.checkpointing.interval': '1 h' })
  cluster.startJobManager()
  let taskManager = cluster.startTaskManager()
  const jobId = await submit()
  await cluster.untilJob(jobId, hasRecords)
  await cluster.kill(taskManager)
  taskManager = cluster.startTaskManager()
  const isRestarted = (details: JobDetails): boolean =>
    details.restartCount > 0 && details.status === 'RUNNING' && hasRecords(details)
  await cluster.untilJob(jobId, isRestarted)
  await cluster.kill('jobmanager')
  cluster.startJobManager()
  const { checkpoints } = await assertExact(jobId)
  assert.equal(checkpoints?.latestRestored, undefined)
  assert.equal(checkpoints?.completedCount, 1, 'the one at the end')
})

interface Moment {
  readonly name: string
  /** Of checkpoints. */
  readonly interval?: string
  /** See kill-at-link.ts. */
  readonly at: string
  /** Whether the next JobManager may begin with this one, where `last` is the last in storage. */
  restores(last: number, restored: number): boolean
}

/** When the JobManager dies. */
const moments: readonly Moment[] = [
  {
    name: 'between the last acknowledgement and `_metadata`',
    at: 'before 3 /_metadata$',
    restores: (last, restored) => restored === last,
  },
  {
    name: 'between `_metadata` and the note of it for the next JobManager',
    at: 'after 3 /_metadata$',
    restores: (last, restored) => restored === last || restored === last - 1,
  },
  {
    name: 'between `_metadata`, with its note, and the notification',
    at: 'after 3 /checkpoint-[0-9]+$',
    restores: (last, restored) => restored === last,
  },
  {
    name: 'between the only checkpoint, at the end of all input, and its notification',
    interval: '1 h',
    at: 'after 1 /checkpoint-[0-9]+$',
    restores: (last, restored) => restored === last,
  },
]

for (const { name, interval = '200 ms', at, restores } of moments) {
  test(`the JobManager is killed ${name}: nothing is lost or repeated`, async () => {
    await prepareCluster({ 'execution.checkpointing.interval': interval })
    const preload = ['env', `NODE_OPTIONS=--import=${killAtLink}`, `KILL_AT_LINK=${at}`]
    const first = cluster.startProcess('jobmanager', ['jobmanager'], {}, preload)
    const exit = once(first, 'exit')
    cluster.startTaskManager()
    const jobId = await submit()
    assert.deepEqual(await exit, [null, 'SIGKILL'])
    const last = checkpointIds().at(-1) ?? 0
    cluster.startJobManager()
    const { checkpoints } = await cluster.untilJob(jobId, hasRestored)
    const restored = checkpoints?.latestRestored?.checkpointId ?? 0
    assert(restores(last, restored), `restored ${restored} where ${last} was the last`)
    await assertExact(jobId)
  })
}

test('a TaskManager is killed while it restores: the next one does', async () => {
  await prepareCluster()
  cluster.startJobManager()
  const first = cluster.startTaskManager()
  const jobId = await submit()
  await cluster.untilJob(jobId, ({ checkpoints }) => (checkpoints?.completedCount ?? 0) > 2)
  await cluster.kill(first)
  await cluster.untilJob(jobId, ({ waitingFor }) => waitingFor !== '')
  const segments = checkpointFiles().filter((path) => !path.includes('/chk-'))
  const saved = join(cluster.directory, 'saved')
  mkdirSync(saved)
  for (const path of segments) replaceByPipe(path, saved)

  const second = cluster.startTaskManager()
  const pipe = await untilOneIsRead(segments)
  await cluster.kill(second)
  closeSync(pipe)
  for (const path of segments) renameSync(join(saved, basename(path)), path)
  cluster.startTaskManager()
  const { checkpoints } = await cluster.untilJob(jobId, hasRecords)
  assert(checkpoints?.latestRestored !== undefined)
  await assertExact(jobId)
})

test('slots that end in the middle of LevelDB work leave their process and the result alone', async () => {
  await prepareCluster({
    'state.backend.type': 'leveldb',
    'state.backend.leveldb.object-cache-size': '64 kb',
    'restart-strategy.exponential-delay.initial-backoff': '50 ms',
    'restart-strategy.exponential-delay.max-backoff': '100 ms',
  })
  cluster.startJobManager()
  const taskManager = cluster.startTaskManager()
  const processId = cluster.process(taskManager).pid ?? 0
  mkdirSync(trouble())
  // More than are read while slots end: a round takes a second or two.
  const count = 4 * recordCount
  const jobId = await submit(count)
  for (let round = 1; round <= 6; round++) {
    await cluster.untilJob(jobId, (details) => details.status === 'RUNNING' && hasRecords(details))
    writeFileSync(join(trouble(), 'exit'), '')
    await cluster.untilJob(jobId, ({ restartCount }) => restartCount >= round)
  }
  await assertExact(jobId, count)
  assert(isAlive(processId))
})

/** Whoever opens it waits for a writer. */
function replaceByPipe(path: string, directory: string): void {
  renameSync(path, join(directory, basename(path)))
  assert.equal(spawnSync('mkfifo', [path]).status, 0)
}

/** A pipe can be opened to write without waiting once somebody has opened it to read. */
async function untilOneIsRead(pipes: readonly string[]): Promise<number> {
  for (const deadline = performance.now() + waitMsMax; ; await delay(10)) {
    for (const path of pipes) {
      try {
        return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      }
    }
    assert(performance.now() < deadline, 'nothing is restored')
  }
}
