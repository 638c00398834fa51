// Everything users and machines do wrong, on a real cluster: each mistake has a clear error on the
// right job, and the cluster goes on as if nothing had happened.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import type { ErrorCode } from '@millrace/core'
import { RealCluster } from '../real-cluster/real-cluster.ts'
import { expectedSums, readSums } from './bounded-sum-model.ts'

const bounded = join(import.meta.dirname, 'jobs', 'bounded-sum.ts')
const endlessLoop = join(import.meta.dirname, 'jobs', 'endless-loop.ts')

/** Outside of the repository, as users' jobs are. */
const folder = mkdtempSync(join(tmpdir(), 'millrace-mistakes-'))
let cluster: RealCluster

before(async () => {
  const settings = { 'task.cancellation.timeout': '1 s', 'taskmanager.slot.heap-size': '256 mb' }
  cluster = await RealCluster.start({ taskManagers: 1, slots: 2, settings })
})

after(async () => {
  await cluster?.stop()
  rmSync(folder, { recursive: true, force: true })
})

afterEach(async () => {
  const output = join(folder, 'out')
  rmSync(output, { recursive: true, force: true })
  await cluster.untilCluster((overview) => overview.freeSlotCount === 2)
  const args = ['--n', '10000', '--keys', '10', '--output', output]
  const jobId = await cluster.submit(bounded, '--parallelism', '2', '--', ...args)
  const job = await cluster.untilEnded(jobId)
  assert.equal(job.status, 'FINISHED', job.failure?.message)
  assert.deepEqual(readSums(output).sums, expectedSums(10_000, 10))
})

function writeJob(name: string, text: string): string {
  const file = join(folder, `${name}.ts`)
  writeFileSync(file, text)
  return file
}

/** A job whose graph is `body`, with everything imported. */
function writeGraph(name: string, body: string): string {
  return writeJob(
    name,
    `import { defineJob, types } from 'millrace'
import { DiscardSink, FileSource } from 'millrace/connectors'
export default defineJob('${name}', (env, args) => {
  ${body}
})
`,
  )
}

/** Runs a job that must fail with `code`, attached, as a user would. */
async function runFails(
  file: string,
  expected: {
    readonly code: ErrorCode
    readonly exitCode: number
    readonly says: readonly RegExp[]
  },
): Promise<void> {
  const result = await cluster.millrace(
    ...['run', file, '--jobmanager', cluster.address, '--parallelism', '2'],
    ...['--set', 'restart-strategy.type=none'],
  )
  const said = result.stdout + result.stderr
  assert.equal(result.exitCode, expected.exitCode, said)
  assert.match(said, new RegExp(expected.code), said)
  for (const pattern of expected.says) assert.match(said, pattern)
}

test('a record of the wrong type names operator, field, expected and found', async () => {
  const file = writeGraph(
    'wrong-type',
    `env.fromElements(1, 2, 3)
    .map((value) => ({ amount: value === 3 ? 'three' : value }), { name: 'amounts' })
    .returns(types.object({ amount: types.float64 }))
    .rebalance()
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  const says = [/amount/, /float64/, /three/]
  await runFails(file, { code: 'RECORD_TYPE_MISMATCH', exitCode: 1, says })
})

test('a missing input file is named with its whole path', async () => {
  const file = writeGraph(
    'missing-file',
    `env.fromSource(FileSource.lines('/nowhere/orders.txt'), { name: 'orders' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  await runFails(file, { code: 'FILE_NOT_FOUND', exitCode: 1, says: [/\/nowhere\/orders\.txt/] })
})

test('a missing job module is named', async () => {
  const says = [/no-such-job\.ts/]
  await runFails(join(folder, 'no-such-job.ts'), { code: 'FILE_NOT_FOUND', exitCode: 2, says })
})

test('a syntax error has its file and line', async () => {
  const file = writeJob('syntax-error', 'export default 1 +\n')
  await runFails(file, { code: 'BUNDLE_FAILED', exitCode: 2, says: [/syntax-error\.ts:\d+/] })
})

test('a module that throws on import fails its submission with the place', async () => {
  const file = writeJob('throws', `throw new Error('no settings')\n`)
  const says = [/no settings/, /throws\.ts:1/]
  await runFails(file, { code: 'JOB_MODULE_THREW', exitCode: 2, says })
})

test('a function that throws names operator and source line', async () => {
  const file = writeGraph(
    'throwing-map',
    `env.fromElements(1)
    .map(() => { throw new Error('bad order') }, { name: 'parse-order' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  const says = [/bad order/, /parse-order/, /throwing-map\.ts:5/]
  await runFails(file, { code: 'USER_FUNCTION_FAILED', exitCode: 1, says })
})

test('process.exit() in a function ends only its slot', async () => {
  const file = writeGraph(
    'exits',
    `env.fromElements(1)
    .map(() => process.exit(7), { name: 'quit' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  await runFails(file, { code: 'SLOT_THREAD_EXITED', exitCode: 1, says: [/7/] })
})

test('an endless loop in a function is ended with its slot when the job is canceled', async () => {
  const marker = join(folder, 'loops')
  const jobId = await cluster.submit(endlessLoop, '--parallelism', '1', '--', '--marker', marker)
  const job = await cluster.untilJob(jobId, () => existsSync(marker))
  const taskManagerId = job.vertices[0]?.subtasks[0]?.taskManagerId ?? ''
  const { exitCode, stdout } = await cluster.millrace(
    ...['cancel', jobId, '--jobmanager', cluster.address],
  )
  assert.equal(exitCode, 0)
  assert.match(stdout, /CANCELED/)
  const log = await cluster.millrace(
    ...['logs', '--taskmanager', taskManagerId, '--jobmanager', cluster.address],
  )
  assert.match(log.stdout, /TASK_CANCELLATION_TIMEOUT/)
  assert.match(log.stdout, /did not answer a cancel within 1000 ms: a function of it loops/)
})

test('a function that eats all memory ends only its slot', async () => {
  const file = writeGraph(
    'memory',
    `const kept = []
  const keep = () => { for (let i = 0; ; i++) kept.push({ text: String(i), more: [i] }) }
  env.fromElements(1)
    .map(keep, { name: 'keep' })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  const says = [/taskmanager\.slot\.heap-size/]
  await runFails(file, { code: 'SLOT_OUT_OF_MEMORY', exitCode: 1, says })
})

test('a record of 200 MB is refused with its size and the limit', async () => {
  const file = writeGraph(
    'large-record',
    `env.fromElements(1)
    .map(() => 'x'.repeat(200_000_000), { name: 'large' })
    .broadcast()
    .map((text) => text.length, { name: 'length', parallelism: 2 })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  const says = [/200/, /taskmanager\.network\.record-size-max/]
  await runFails(file, { code: 'RECORD_TOO_LARGE', exitCode: 1, says })
})

test('too few slots are waited for a bounded time, then named', async () => {
  const file = writeGraph(
    'too-large',
    `env.fromElements(1).setParallelism(1).rebalance()
    .map((value) => value, { name: 'wide', parallelism: 5 })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })
  env.set('slot.request.timeout', '500 ms')`,
  )
  const says = [/needs 5 slots, and 3 of them were missing for 500 ms/, /has 2 slots/]
  await runFails(file, { code: 'SLOTS_MISSING', exitCode: 1, says })
})

test('a graph that differs between two calls is refused', async () => {
  const file = writeGraph(
    'differs',
    `env.fromElements(1)
    .map((value) => value, { name: 'at-' + process.hrtime.bigint() })
    .sinkTo(new DiscardSink(), { name: 'nowhere' })`,
  )
  await runFails(file, { code: 'JOB_GRAPH_DIFFERS', exitCode: 1, says: [/arguments/] })
})

test('a port in use is named by the process that wants it', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const bound = server.address()
  assert(bound !== null && typeof bound === 'object')
  const port = String(bound.port)
  const { exitCode, stdout, stderr } = await cluster.millrace(
    ...['jobmanager', '--set', 'jobmanager.rpc.address=127.0.0.1'],
    ...['--set', `jobmanager.rpc.port=${port}`],
  )
  server.close()
  assert.equal(exitCode, 1)
  assert.match(stdout + stderr, new RegExp(`ADDRESS_IN_USE[\\s\\S]*${port}`))
})

test('a misspelt configuration key is refused with the nearest one', async () => {
  const { exitCode, stderr } = await cluster.millrace('list', '--set', 'heartbeat.intervall=1 s')
  assert.equal(exitCode, 2)
  assert.match(stderr, /CONFIG_KEY_UNKNOWN[\s\S]*heartbeat\.interval\b/)
})

test('no JobManager at the address is said, with what to do', async () => {
  const { exitCode, stderr } = await cluster.millrace('list', '--jobmanager', '127.0.0.1:1')
  assert.equal(exitCode, 4)
  assert.match(stderr, /JOB_MANAGER_UNREACHABLE[\s\S]*127\.0\.0\.1:1/)
})

test('a full disk for bundles fails the submission only', async () => {
  const disk = join(folder, 'small-disk')
  mkdirSync(disk)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk])
  assert.equal(mounted.status, 0, `this test needs root to mount a small disk: ${mounted.stderr}`)
  const small = await RealCluster.start({
    taskManagers: 1,
    slots: 1,
    settings: { 'blob.storage.directory': disk },
  })
  try {
    const run = await small.millrace('run', bounded, '--jobmanager', small.address)
    assert.equal(run.exitCode, 1)
    assert.match(run.stderr, /BUNDLE_STORE_FULL[\s\S]*small-disk/)
    const { taskManagers } = await small.client.requestClusterOverview()
    assert.equal(taskManagers.length, 1)
  } finally {
    await small.stop()
    spawnSync('umount', [disk])
  }
})
