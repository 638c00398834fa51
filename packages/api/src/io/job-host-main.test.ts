import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { JobHostCommand, JobHostEvent } from '@millrace/core'

const folder = mkdtempSync(join(tmpdir(), 'millrace-job-host-'))
after(() => rmSync(folder, { recursive: true }))

interface HostThread {
  readonly worker: Worker
  next(): Promise<JobHostEvent>
}

/** A real thread that was asked to build the job of this module. */
function hostThread(name: string, moduleText: string): HostThread {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, moduleText)
  const worker = new Worker(new URL('./job-host-main.ts', import.meta.url))
  const events: JobHostEvent[] = []
  const waiting: ((event: JobHostEvent) => void)[] = []
  worker.on('message', (event: JobHostEvent) => {
    const waiter = waiting.shift()
    if (waiter === undefined) events.push(event)
    else waiter(event)
  })
  const command: JobHostCommand = {
    kind: 'build-graph',
    moduleUrl: String(pathToFileURL(path)),
    args: { count: '3' },
    config: {},
  }
  worker.postMessage(command)
  return {
    worker,
    next: () => {
      const event = events.shift()
      return event === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(event)
    },
  }
}

test('a thread builds the graph of a bundle, and ends when it is closed', async () => {
  const { worker, next } = hostThread(
    'numbers',
    `import { defineJob } from 'millrace'
setInterval(() => {}, 1000)
export default defineJob('numbers', (env, args) => {
  env.fromSequence(1, Number(args.count)).print()
})`,
  )
  const event = await next()
  assert.equal(event.kind === 'graph' && event.graph.name, 'numbers')
  worker.postMessage({ kind: 'close' })
  assert.deepEqual(await once(worker, 'exit'), [0])
})

test('a promise that user code left to itself is reported, and the thread lives', async () => {
  const { worker, next } = hostThread(
    'forgetful',
    `import { defineJob } from 'millrace'
export default defineJob('forgetful', async (env) => {
  env.fromElements(1).print()
  Promise.reject(new Error('forgotten'))
  await new Promise((resolve) => setTimeout(resolve, 10))
})`,
  )
  const event = await next()
  assert.equal(event.kind === 'failed' && event.failure.code, 'JOB_MODULE_THREW')
  worker.postMessage({ kind: 'close' })
  assert.deepEqual(await once(worker, 'exit'), [0])
})
