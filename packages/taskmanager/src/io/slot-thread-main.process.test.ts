import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { loadJobModule } from '@millrace/api/job-module-loader'
import { type BuiltJob, buildJob } from '@millrace/api/runtime'
import {
  BundleHash,
  type ChannelCount,
  type DataAddress,
  SeededRandom,
  type SlotCommand,
  type SlotEvent,
  type TaskDeployment,
  type TaskExecutionState,
} from '@millrace/core'
import {
  planDeployments,
  testJobId,
  testOptions,
  unsavedState,
} from '../slot/slot-cluster-test-support.ts'

const folder = await mkdtemp(join(tmpdir(), 'slot-thread-'))
after(() => rm(folder, { recursive: true }))

const options = {
  ...testOptions,
  bindHost: '127.0.0.1',
  advertisedHost: '127.0.0.1',
  frameSizeBytes: 32 * 1024,
}

/** A slot thread, and what came out of it. */
class SlotThread {
  readonly states = new Map<string, TaskExecutionState>()
  readonly worker: Worker
  readonly #address: Promise<DataAddress>

  constructor() {
    this.worker = new Worker(new URL('./slot-thread-main.ts', import.meta.url), {
      workerData: options,
    })
    const { promise, resolve } = Promise.withResolvers<DataAddress>()
    this.#address = promise
    this.worker.on('message', (event: SlotEvent) => {
      if (event.kind === 'ready') resolve(event.dataAddress)
      if (event.kind === 'task-execution-state') this.states.set(event.state.attemptId, event.state)
    })
  }

  get address(): Promise<DataAddress> {
    return this.#address
  }

  send(command: SlotCommand): void {
    this.worker.postMessage(command)
  }

  /** Waits for a message until `condition` holds. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await once(this.worker, 'message')
  }
}

interface Running {
  readonly threads: readonly SlotThread[]
  readonly job: BuiltJob
  readonly deployments: readonly TaskDeployment[]
  readonly states: () => readonly (TaskExecutionState | undefined)[]
}

/** Two threads run the job of a module, whose source text is `module`. */
async function run(name: string, module: string): Promise<Running> {
  const path = join(folder, `${name}.mjs`)
  await writeFile(path, `${prelude}\n${module}`)
  const moduleUrl = pathToFileURL(path).href
  const threads = [new SlotThread(), new SlotThread()]
  const addresses = await Promise.all(threads.map(({ address }) => address))
  const config = { 'parallelism.default': '2' }
  const job = await buildJob(await loadJobModule(moduleUrl), { args: {}, config })
  const deployments = planDeployments(job.jobGraph, 0, {
    random: new SeededRandom(5),
    addressOf: (subtask) => addresses[subtask % 2] as DataAddress,
  })
  const bundle = { hash: BundleHash.parse('0'.repeat(64)), sizeBytes: 0 }
  const graphHash = job.jobGraph.hash
  const built = { jobId: testJobId, jobName: 'test', bundle, args: {}, config, graphHash }
  const information = { ...built, state: unsavedState }
  for (const thread of threads) thread.send({ kind: 'prepare', job: information, moduleUrl })
  for (const deployment of deployments) {
    threads[deployment.subtaskIndex % 2]?.send({ kind: 'submit-task', deployment })
  }
  const states = () =>
    deployments.map(({ attemptId, subtaskIndex }) =>
      threads[subtaskIndex % 2]?.states.get(attemptId),
    )
  return { threads, job, deployments, states }
}

const prelude = `
import { defineJob } from '@millrace/api'
class Numbers {
  kind = 'numbers'
  boundedness = 'bounded'
  constructor(count) { this.count = count }
  createEnumerator() { throw new Error('none') }
  createReader() {
    let n = 0
    const { count } = this
    return {
      start() {}, addSplits() {}, notifyNoMoreSplits() {}, snapshotState: () => [], close() {},
      whenAvailable: () => Promise.resolve(),
      pollNext(output, countMax) {
        for (let i = 0; i < countMax; i++) {
          if (n === count) return 'end-of-input'
          output.collect(n++)
        }
        return 'more-available'
      },
    }
  }
}
class Discard {
  kind = 'discard'
  createWriter() { return { write() {}, flush() {}, close() {} } }
}
`

test('a job runs in two slot threads over TCP, and both ends of each edge agree', async () => {
  const { threads, deployments, states } = await run(
    'sums',
    `export default defineJob('test', (env) => {
      env.fromSource(new Numbers(200_000), { name: 'numbers' })
        .map((n) => ({ key: 'k' + n % 1000, n }))
        .keyBy((record) => record.key)
        .reduce((left, right) => ({ key: left.key, n: left.n + right.n }), { name: 'sums' })
        .sinkTo(new Discard(), { name: 'discard' })
    })`,
  )
  try {
    for (const thread of threads) {
      await thread.until(() => [...thread.states.values()].length === 2)
      await thread.until(() =>
        [...thread.states.values()].every(({ state }) => state === 'FINISHED'),
      )
    }
    const counts = states().flatMap((state) => state?.channelCounts ?? [])
    const channelsOf = (end: ChannelCount['end']) =>
      counts
        .filter((count) => count.end === end)
        .map((c) => `${c.producerSubtask} ${c.consumerSubtask} ${c.records}`)
        .sort()
    assert.deepEqual(channelsOf('sent'), channelsOf('received'))
    assert.equal(channelsOf('sent').length, 4)
    const received = counts.filter(({ end }) => end === 'received')
    assert.equal(
      received.reduce((sum, { records }) => sum + records, 0),
      400_000,
    )
    assert.equal(deployments.length, 4)
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
})

test('a thread that dies fails the consumers of its records', async () => {
  const { threads, states } = await run(
    'endless',
    `export default defineJob('test', (env) => {
      env.fromSource(new Numbers(Infinity), { name: 'numbers' })
        .rebalance()
        .sinkTo(new Discard(), { name: 'discard' })
    })`,
  )
  const [first, second] = threads as [SlotThread, SlotThread]
  try {
    await second.until(() => [...second.states.values()].some(({ state }) => state === 'RUNNING'))
    await first.worker.terminate()
    await second.until(() => [...second.states.values()].some(({ state }) => state === 'FAILED'))
    const failed = states().filter((state) => state?.state === 'FAILED')
    assert.deepEqual(
      failed.map((state) => state?.failure?.code),
      ['CONNECTION_LOST'],
    )
  } finally {
    await second.worker.terminate()
  }
})

test('an error in a slot thread names operator and line of the user', async () => {
  const { threads, states } = await run(
    'failing',
    `export default defineJob('test', (env) => {
      env.fromSource(new Numbers(10), { name: 'numbers' })
        .map((n) => n)
        .map((n) => { throw new Error('no good') })
        .name('failing')
        .sinkTo(new Discard(), { name: 'discard' })
    })`,
  )
  const [first] = threads as [SlotThread]
  try {
    await first.until(() => [...first.states.values()].some(({ state }) => state === 'FAILED'))
    const failure = states()[0]?.failure
    assert.match(
      failure?.message ?? '',
      /^Operator 'failing' \(subtask 1 of 2\) failed: Error: no good/,
    )
    assert.match(failure?.stack ?? '', /failing\.mjs:\d+/)
  } finally {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
})

for (const [what, code] of [
  ['a timer', `setTimeout(() => { throw new Error('from nowhere') }, 1)`],
  ['a promise', `Promise.reject(new Error('from nowhere'))`],
]) {
  test(`an error out of ${what} of the user fails the tasks and ends the thread`, async () => {
    const { threads, states } = await run(
      `stray ${what}`,
      `export default defineJob('test', (env) => {
        env.fromSource(new Numbers(Infinity), { name: 'numbers' })
          .map({ open(context) { if (context.subtaskIndex === 0) ${code} }, map: (n) => n })
          .name('stray')
          .sinkTo(new Discard(), { name: 'discard' })
      })`,
    )
    const [first, second] = threads as [SlotThread, SlotThread]
    try {
      await once(first.worker, 'exit')
      const failed = states()[0]
      assert.equal(failed?.state, 'FAILED')
      assert.equal(failed.failure?.code, 'USER_FUNCTION_FAILED')
      assert.match(failed.failure.message, /from nowhere/)
    } finally {
      await second.worker.terminate()
    }
  })
}
